"""`python -m benchmarks.console`: what the console costs the app beside it.

Four ways take turns under the same load: no console, a console that nobody looks at, one whose frames a viewer reads,
and one that is recorded. Requests a second are compared; requests a second of the server's own processor time, which
other programs on the machine disturb less; and, disturbed least, the part of it that the console's own threads used.
Then the processor time of a console at rest, and the memory that its frames take.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import wrk
from benchmarks.servers import HOST, Server, ServerError

FRAMES_PATH = "/__clearway__/frames"
TARGETS = {"async def": "/async/", "def": "/def/"}
CONNECTIONS = 32
_VIEWER = f"""
import socket, sys
viewer = socket.create_connection(({HOST!r}, int(sys.argv[1])))
viewer.sendall(b"GET {FRAMES_PATH} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
while viewer.recv(1 << 20):
    pass
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """One load on one server."""

    per_s: float
    per_cpu_s: float
    share: float
    """The part of the server's processor time that the console's threads used."""


@contextlib.contextmanager
def viewer(port: int) -> Iterator[None]:
    """Somebody who reads the frames as fast as they come, in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", _VIEWER, str(port)])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def load(server: Server, target: str, seconds: float) -> Turn:
    ids = json.loads(server.get("/threads/", timeout_s=5.0))
    threads = [ids[name] for name in ("clearway-console", "clearway-recording") if name in ids]
    cpu, own = server.cpu_s(), sum(map(server.cpu_s, threads))
    done = wrk.run(server.url(target), CONNECTIONS, seconds)
    used, own_used = max(0.01, server.cpu_s() - cpu), sum(map(server.cpu_s, threads)) - own
    return Turn(done.requests_per_s, done.requests / used, own_used / used)


def compare(target: str, rounds: int, seconds: float) -> None:
    """Print a target's ratios to a server without a console: medians of the rounds."""
    ratios: dict[str, list[Turn]] = {"closed": [], "open": [], "recorded": []}
    with (
        tempfile.TemporaryDirectory() as folder,
        Server("clearway", ("--no-console",)) as off,
        Server("clearway") as on,
        Server("clearway", ("--record", f"{folder}/clearway.ndjson")) as recorded,
    ):
        for server in (off, on, recorded):
            server.wait_until_ready()
            load(server, TARGETS[target], 1)
        for _ in range(rounds):
            base = load(off, TARGETS[target], seconds)
            closed = load(on, TARGETS[target], seconds)
            with viewer(on.console_port):
                opened = load(on, TARGETS[target], seconds)
            record = load(recorded, TARGETS[target], seconds)
            for name, turn in (("closed", closed), ("open", opened), ("recorded", record)):
                ratio = Turn(turn.per_s / base.per_s, turn.per_cpu_s / base.per_cpu_s, turn.share)
                ratios[name].append(ratio)
        memory = (on.memory_kib() - off.memory_kib()) / 1024
        megabytes = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
    for name, turns in ratios.items():
        rate, per_cpu = median(turn.per_s for turn in turns), median(turn.per_cpu_s for turn in turns)
        share = median(turn.share for turn in turns)
        print(
            f"{target:<10} console {name:<8} requests/s × {rate:.3f}   requests/CPU second × {per_cpu:.3f}   "
            f"its threads {share:.1%} of the CPU time"
        )
    print(f"{target:<10} recorded: {megabytes / (rounds * seconds + 1):.2f} MB a second of load")
    print(f"{target:<10} memory more than without a console: {memory:.1f} MiB")


def rest(seconds: float) -> None:
    """Print what part of a processor the console takes while nothing happens."""
    with Server("clearway", ("--no-console",)) as off, Server("clearway") as on:
        off.wait_until_ready()
        on.wait_until_ready()
        time.sleep(2)  # what starting has left over
        used = _used((off, on), seconds)
        with viewer(on.console_port):
            time.sleep(1)
            watched = _used((off, on), seconds)
    print(f"at rest    console closed  {(used[1] - used[0]) / seconds:.2%} of a processor")
    print(f"at rest    console open    {(watched[1] - watched[0]) / seconds:.2%} of a processor")


def _used(servers: Sequence[Server], seconds: float) -> list[float]:
    before = [server.cpu_s() for server in servers]
    time.sleep(seconds)
    return [server.cpu_s() - cpu for server, cpu in zip(servers, before, strict=True)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console", description="What the console costs.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each load (default: %(default)s)")
    parser.add_argument("--only", choices=("rest", *TARGETS))
    options = parser.parse_args(arguments)
    try:
        if options.only in (None, "rest"):
            rest(max(10.0, options.seconds))
        for target in TARGETS:
            if options.only in (None, target):
                compare(target, options.rounds, options.seconds)
    except (ServerError, wrk.WrkError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
