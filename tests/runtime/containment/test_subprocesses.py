"""Other processes: a contained wait for one suspends its own request only."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.containment.conftest import contained, contained_task
from tests.runtime.serving import happens

OnLoop = Callable[..., Any]
CAT = ["cat"]
"""Ends when its standard input does: a test decides when."""


@pytest.fixture(params=["pidfd", "looking"])
def without_pidfd(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system cannot tell of a process's end, it is looked for."""
    if request.param == "looking":
        monkeypatch.delattr(os, "pidfd_open", raising=False)


@pytest.mark.usefixtures("without_pidfd")
def test_waiting_for_a_process_lets_the_loop_turn(on_loop: OnLoop) -> None:
    async def main() -> None:
        process = subprocess.Popen(CAT, stdin=subprocess.PIPE)
        assert process.stdin is not None
        with pytest.raises(subprocess.TimeoutExpired, match="cat"):
            await contained(process.wait, timeout=0.01)
        waiting = contained_task(process.wait)
        await asyncio.sleep(0.01)
        assert not waiting.done()
        process.stdin.close()
        assert await waiting == 0
        assert await contained(process.wait) == 0

    on_loop(main)


def test_many_requests_may_wait_for_one_process(on_loop: OnLoop) -> None:
    async def main() -> None:
        process = subprocess.Popen(CAT, stdin=subprocess.PIPE)
        assert process.stdin is not None
        waiting = [contained_task(process.wait) for _ in range(5)]
        await asyncio.sleep(0)
        process.stdin.close()
        assert await asyncio.gather(*waiting) == [0] * 5

    on_loop(main)


def test_output_is_gathered_while_the_loop_turns(on_loop: OnLoop) -> None:
    """More than a pipe holds, both ways, and a process per request."""

    async def main() -> None:
        text = b"x" * 300_000
        read, write = os.pipe()
        gated = subprocess.Popen(["cat", f"/dev/fd/{read}", "-"], stdin=subprocess.PIPE, stdout=-1, pass_fds=[read])
        os.close(read)
        waiting = contained_task(gated.communicate, text)
        done = await asyncio.gather(
            *(contained_task(subprocess.run, CAT, input=text, capture_output=True) for _ in range(5))
        )
        assert [one.stdout for one in done] == [text] * 5
        assert not waiting.done()
        os.close(write)
        assert (await waiting)[0] == text

    on_loop(main)


def test_the_shortcuts_of_subprocess_are_cooperative(on_loop: OnLoop) -> None:
    async def main() -> None:
        assert await contained(subprocess.check_output, ["echo", "hello"], text=True) == "hello\n"
        assert await contained(subprocess.getoutput, "echo hello") == "hello"
        assert await contained(subprocess.call, ["sh", "-c", "exit 3"]) == 3
        with pytest.raises(subprocess.CalledProcessError):
            await contained(subprocess.check_call, ["false"])
        with pytest.raises(subprocess.TimeoutExpired) as raised:
            await contained(subprocess.run, ["sh", "-c", "echo early; exec sleep 60"], capture_output=True, timeout=0.3)
        assert raised.value.stdout == b"early\n"

    on_loop(main)


def test_a_cancelled_request_ends_the_process_that_it_runs(on_loop: OnLoop, tmp_path: Path) -> None:
    async def main() -> None:
        said = tmp_path / "pid"
        script = 'echo $$ > "$0.new"; mv "$0.new" "$0"; exec sleep 60'
        running = contained_task(subprocess.run, ["sh", "-c", script, str(said)])
        await happens(said.exists, "the process has started")
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        with pytest.raises(ProcessLookupError):  # killed, and nothing of it left
            os.kill(int(said.read_text()), 0)

    on_loop(main)


@pytest.mark.usefixtures("without_pidfd")
def test_a_child_can_be_reaped_by_its_number(on_loop: OnLoop) -> None:
    async def main() -> None:
        process = subprocess.Popen(CAT, stdin=subprocess.PIPE)
        assert process.stdin is not None
        assert await contained(os.waitpid, process.pid, os.WNOHANG) == (0, 0)
        waiting = contained_task(os.waitpid, process.pid, 0)
        await asyncio.sleep(0)
        process.send_signal(signal.SIGTERM)
        pid, status = await waiting
        process.stdin.close()
        assert (pid, os.waitstatus_to_exitcode(status)) == (process.pid, -signal.SIGTERM)
        with pytest.raises(ChildProcessError):
            await contained(os.waitpid, process.pid, 0)
        process.returncode = 0  # reaped behind its back

    on_loop(main)


def test_a_shell_command_runs_in_a_thread(on_loop: OnLoop, tmp_path: Path) -> None:
    async def main() -> None:
        gate = tmp_path / "gate"
        os.mkfifo(gate)
        running = contained_task(os.system, f"cat {gate}; exit 7")
        await asyncio.sleep(0.01)
        assert not running.done()
        gate.write_text("")
        assert os.waitstatus_to_exitcode(await running) == 7

    on_loop(main)


def test_joining_a_process_of_multiprocessing_lets_the_loop_turn(on_loop: OnLoop) -> None:
    async def main() -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=theirs.recv)
        process.start()
        await contained(process.join, 0.01)
        assert process.is_alive()
        joining = contained_task(process.join)
        await asyncio.sleep(0)
        ours.send("end")
        await joining
        assert process.exitcode == 0
        ours.close()
        theirs.close()

    on_loop(main)


def test_outside_of_a_portal_everything_is_as_it_was(on_loop: OnLoop) -> None:
    async def main() -> None:
        turned: list[bool] = []
        asyncio.get_running_loop().call_soon(turned.append, True)
        assert subprocess.run([sys.executable, "-c", ""], check=False, capture_output=True).returncode == 0
        assert os.system("true") == 0
        assert not turned

    on_loop(main)
