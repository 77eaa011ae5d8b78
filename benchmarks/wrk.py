"""Load from `wrk`: one thread of it, because the server needs the other processor."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass

UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class WrkError(Exception):
    """wrk is missing, failed, or printed something unknown."""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk measured. Latencies are in seconds; `timeouts` are answers that took longer than its 2 s."""

    requests: int
    seconds: float
    requests_per_s: float
    p50_s: float
    p99_s: float
    connect_errors: int = 0
    read_errors: int = 0
    write_errors: int = 0
    timeouts: int = 0
    bad_statuses: int = 0

    @property
    def errors(self) -> int:
        """Everything that went wrong, timeouts apart."""
        return self.connect_errors + self.read_errors + self.write_errors + self.bad_statuses


def require_wrk() -> str:
    """wrk's path. Raises WrkError when it is not installed."""
    path = shutil.which("wrk")
    if path is None:
        raise WrkError("wrk is not installed; Debian and Ubuntu have it: apt install wrk")
    return path


def command(url: str, connections: int, seconds: float) -> list[str]:
    """The command line. wrk takes whole seconds only."""
    duration = f"{max(1, round(seconds))}s"
    return [require_wrk(), "-t1", f"-c{connections}", f"-d{duration}", "--latency", url]


def start(url: str, connections: int, seconds: float) -> subprocess.Popen[str]:
    """wrk in the background; give the process to `finish`."""
    return subprocess.Popen(
        command(url, connections, seconds), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finish(process: subprocess.Popen[str], timeout_s: float) -> Load:
    """Wait for wrk and read what it printed. Raises WrkError when it fails or does not end in time."""
    try:
        output, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise WrkError(f"wrk did not end within {timeout_s:.0f} s") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode != 0:
        raise WrkError(f"wrk failed with {process.returncode}: {output.strip()}")
    return parse(output)


def run(url: str, connections: int, seconds: float) -> Load:
    """Load the address for so long, and wait for the end."""
    return finish(start(url, connections, seconds), timeout_s=seconds + 15)


def parse(output: str) -> Load:
    """Read the output of `wrk --latency`. Raises WrkError when it is not that."""
    summary = re.search(r"^\s*(\d+) requests in ([\d.]+)(us|ms|s|m|h),", output, re.MULTILINE)
    rate = re.search(r"^Requests/sec:\s+([\d.]+)", output, re.MULTILINE)
    if summary is None or rate is None:
        raise WrkError(f"cannot read what wrk printed: {output.strip()[:200]!r}")
    socket_errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    connect, read, write, timeout = (int(count) for count in socket_errors.groups()) if socket_errors else (0, 0, 0, 0)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    return Load(
        requests=int(summary[1]),
        seconds=float(summary[2]) * UNITS_S[summary[3]],
        requests_per_s=float(rate[1]),
        p50_s=_latency(output, 50),
        p99_s=_latency(output, 99),
        connect_errors=connect,
        read_errors=read,
        write_errors=write,
        timeouts=timeout,
        bad_statuses=int(bad[1]) if bad else 0,
    )


def _latency(output: str, percent: int) -> float:
    match = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m|h)\s*$", output, re.MULTILINE)
    if match is None:
        raise WrkError(f"wrk printed no {percent} % latency; it needs --latency")
    return float(match[1]) * UNITS_S[match[2]]
