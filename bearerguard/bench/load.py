"""Send load over loopback with wrk, and read what came of it."""

from __future__ import annotations

import http.client
import json
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bearerguard.bench.output import last_line

NO_WRK = "wrk is not installed (on Debian and Ubuntu: apt install wrk), so nothing is measured end to end"

ANSWER_SECONDS = 10  # of one request, before any load
TIMEOUT_SECONDS = 10  # with hundreds of connections on a slow machine an answer can take long

# wrk gives its figures to a script; microseconds all.
_REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failed": %d, "refused": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.timeout, e.status))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What one stretch of load gave: answers, the seconds it took, and percentiles in seconds."""

    requests: int
    seconds: float
    p50_seconds: float
    p99_seconds: float

    @property
    def requests_per_second(self) -> float:
        return self.requests / self.seconds


class LoadError(Exception):
    """Not every request was answered as it should have been, so the figures would mean nothing."""


def find_wrk() -> str | None:
    """Find the program."""
    return shutil.which("wrk")


def send_load(
    url: str,
    *,
    connections: int,
    seconds: float,
    fields: Mapping[str, str],
    cpus: Sequence[int] = (),
) -> Load:
    """Send as many requests as `connections` can, for whole seconds, from the given processors.

    Raises LoadError where a connection failed or an answer was not 2xx or 3xx.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_REPORT)
        script.flush()
        command = [
            find_wrk() or "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            f"--timeout={TIMEOUT_SECONDS}s",
            "-s",
            script.name,
        ]
        for name, value in fields.items():
            command += ["-H", f"{name}: {value}"]
        if cpus and shutil.which("taskset"):
            command = ["taskset", "-c", ",".join(map(str, cpus)), *command]
        done = subprocess.run([*command, url], capture_output=True, check=False)  # noqa: S603 - wrk
    return _read(done.stdout, done.stderr)


def status_of(url: str, fields: Mapping[str, str], context: ssl.SSLContext | None = None) -> int:
    """Send one request, as a look before the load; the status of its answer.

    Raises LoadError where there is no answer.
    """
    parts = urlsplit(url)
    target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    connection = http.client.HTTPConnection(parts.netloc, timeout=ANSWER_SECONDS)
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.netloc, timeout=ANSWER_SECONDS, context=context)
    try:
        connection.request("GET", target, headers=dict(fields))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise LoadError(f"it does not answer: {type(error).__name__}") from error
    finally:
        connection.close()


def _read(output: bytes, errors: bytes) -> Load:
    lines = [line for line in output.splitlines() if line.startswith(b"{")]
    if not lines:
        raise LoadError(f"wrk gave no figures: {last_line(errors or output)}")
    figures = json.loads(lines[-1])
    if not figures["requests"]:
        raise LoadError("no request was answered in time")
    if figures["failed"] or figures["refused"]:
        raise LoadError(f"{figures['failed']} requests failed and {figures['refused']} were refused")
    return Load(
        requests=figures["requests"],
        seconds=figures["microseconds"] / 1e6,
        p50_seconds=figures["p50"] / 1e6,
        p99_seconds=figures["p99"] / 1e6,
    )
