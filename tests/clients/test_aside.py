"""Work that is done aside: on one thread, by nobody else, and no process waits for it."""

from __future__ import annotations

import subprocess
import sys
import threading

from bearerguard.clients._aside import Aside


def test_a_process_does_not_wait_for_a_fetch_that_goes_on_aside() -> None:
    """Its thread is a daemon."""
    code = (
        "import threading\n"
        "from bearerguard.clients._aside import Aside\n"
        "Aside(lambda: threading.Event().wait(60)).start()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True)
    assert ("", "") == (ran.stdout, ran.stderr)


def test_work_aside_is_done_by_one_thread_at_a_time() -> None:
    """And by another when there is more of it."""
    go, done = threading.Event(), list[int]()
    aside = Aside(lambda: (go.wait(20), done.append(threading.get_ident()))[1])
    assert not aside.is_running
    aside.wait(0)
    assert [True] * 3 == [aside.start() for _ in range(3)]
    assert aside.is_running
    go.set()
    aside.wait(20)
    assert (1, True) == (len(done), aside.start())
    aside.wait(20)
    assert (2, False) == (len(done), aside.is_running)
