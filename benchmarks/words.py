"""The sentences of docs/benchmarks.md that do not depend on what was measured."""

HEAD = """# Benchmarks

What the guard costs, beside doing nothing and beside its peers. This page is made by `python3 run.py
bench --save` from the results in `benchmarks/results/`; nothing in it is typed by hand.

## Measure it yourself

```sh
python3 run.py bench --quick           # a first look, within 3 minutes
python3 run.py bench                   # everything, within 30 minutes
python3 run.py bench --only warm       # one scene
python3 run.py bench --profile         # where the time of a warm request goes, line by line
bearerguard bench --app shop.main:app --server uvicorn    # your own application, bare and guarded
```

The first four need a clone, Python 3.11 or newer and pip. They make an environment of their own with
the peers, in the versions of `benchmarks/requirements.txt`; the package itself depends on none of them.
End to end they need [wrk](https://github.com/wg/wrk) (on Debian and Ubuntu: `apt install wrk`); without
it that scene says so and the others run. The last comes with the package, and is described with [the
command](command.md#bench).

Every scene has its time; what it has not begun when that is over it leaves out, and says so.

## What the words mean

- **Bare** is the application without a guard. **Bare again** is the same once more, as a control: where
  it differs from bare by more than 3 %, the machine was not quiet enough, and no bar of that case is
  judged.
- **The floor** is the least that any guard must do, written by hand in `benchmarks/floor.py`: https,
  the one token in its grammar, its digest, a locked LRU cache, the expiry, the facts attached. It has
  no options, and refuses by raising an exception.
- **Added time** is the time of a guarded request less that of the same request without a guard. In
  process, *times the floor* is a ratio of added times: 1.6 times the floor does not make an application
  1.6 times slower. In a framework, *times bare* is the added time beside the whole request of the bare
  application.
- **Share** of bare's throughput: the requests a second that a guarded server reaches, beside those that
  the bare one reaches in the same round.
- **Times** is a ratio of two subjects that took turns, taken within each round: the median of the
  rounds. **95 %** is a bootstrap interval over the rounds. **Half of them** is the range of the middle
  half of the rounds.
- **Peers** are set up as their own documentation says, each in a file of `benchmarks/peers/`, where a
  table says what each of them checks, and what bearerguard checks besides.
- **A bar** is what was promised before it was measured. *Not judged* means that the run cannot tell:
  too few rounds, or a control that was off.
"""
NOTHING_KEPT = """## Bars

No result is kept yet.
"""
NOT_TO_CONCLUDE = """## What not to conclude

- Nothing from absolute figures: they are of one machine on one day. Compare ratios, and those of one
  run only.
- Not that an application of yours becomes slower by the share seen here. The applications measured end
  to end say "ok" and do nothing else; the more an application does, the less a guard can be seen.
  `bearerguard bench --app` measures yours.
- Not that a peer is badly made. They do other things as well: a signature is checked on every request
  there, so that no store has to be asked; here the token is known already.
- Nothing about your authorization server, your network or your disk: the endpoint of these scenes is on
  the same machine, and its delay is chosen.
- Nothing from an interval that reaches over the limit of its bar, in either direction.
- Latency under full load is mostly waiting for the other connections. It is no figure of a service that
  is sized for its load.
"""
