"""The view in a terminal of 80×24, by its keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from clearway.console.server import ConsoleServer
from clearway.console.terminal.app import TopApp
from clearway.console.terminal.connection import ConsoleAddress
from clearway.console.terminal.live import Live
from clearway.console.terminal.replay import Replay, read_recording
from clearway.frames import Pool
from tests.console.conftest import Start
from tests.console.terminal.streams import EVIL, EVIL_SHOWN, Stream, small, table
from tests.console.told import loss, stall
from tests.runtime.serving import happens

pytestmark = [pytest.mark.anyio, pytest.mark.once]

NARROW = (80, 24)
WIDE = (140, 40)


class Screen:
    """What stands on it, and keys to press."""

    def __init__(self, app: TopApp, pilot: Pilot[None]) -> None:
        self.app, self._pilot = app, pilot

    def lines(self) -> list[str]:
        compositor = self.app.screen._compositor
        return ["".join(segment.text for segment in strip).rstrip() for strip in compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines())

    def line(self, part: str) -> str:
        return next(line for line in self.lines() if part in line)

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)
        await self._pilot.pause()

    async def shows(self, part: str) -> None:
        try:
            await happens(lambda: part in self.text, f"{part!r} on the screen")
        except AssertionError:
            raise AssertionError(f"{part!r} is not on the screen:\n{self.text}") from None


@asynccontextmanager
async def replayed(stream: Stream, folder: Path, size: tuple[int, int] = NARROW) -> AsyncIterator[Screen]:
    app = TopApp(Replay(read_recording(stream.write(folder / "rec.ndjson"))), "rec.ndjson")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Screen(app, pilot)


@asynccontextmanager
async def live(console: ConsoleServer) -> AsyncIterator[Screen]:
    source = Live(ConsoleAddress.read(console.url))
    app = TopApp(source, console.url)
    try:
        async with app.run_test(size=NARROW) as pilot:
            yield Screen(app, pilot)
    finally:
        source.stop()


@pytest.mark.parametrize("size", [NARROW, WIDE, (40, 10)])
async def test_everything_fits(tmp_path: Path, size: tuple[int, int]) -> None:
    stream = small()
    stream.worker(12).tell(routes=[f"GET /{name * 40}" for name in "xyz"], pool=Pool(512, 20, 3, 1, 0.5, 1.0))
    async with replayed(stream, tmp_path, size) as screen:
        for key in "1234":
            await screen.press(key)
            assert len(screen.lines()) == size[1]
            assert max(map(len, screen.lines())) <= size[0]
            assert "GET /bad blocks the loop" in screen.text


async def test_the_heading_and_the_routes(tmp_path: Path) -> None:
    async with replayed(small(), tmp_path) as screen:
        lines = screen.lines()
        assert lines[0].startswith("app  rec.ndjson")
        assert "recorded  1 worker" in lines[0]
        assert lines[1] == "GET /bad blocks the loop"
        assert "14 requests/s" in lines[2]
        assert "1 stall   1 lost call" in lines[2]
        assert "threads busy/live/limit" in lines[3]
        assert screen.line("GET /a ").split()[:4] == ["GET", "/a", "thread", "14"]
        await screen.press("s", "s", "s", "s", "s")
        assert "▼stalls" in screen.text
        rows = [line.split()[1] for line in screen.lines() if line.startswith("GET /") and "blocks" not in line]
        assert rows == ["/bad", "/a"]
        await screen.press("r")
        assert "▲stalls" in screen.text
        await screen.press("S")
        assert "▼wait" in screen.text


async def test_what_stands_behind_a_route_and_a_stall(tmp_path: Path) -> None:
    async with replayed(small(), tmp_path) as screen:
        await screen.press("enter")
        await screen.shows("thread  def")
        await screen.press("space", "q")
        assert isinstance(screen.app.source, Replay)
        assert not screen.app.source.is_playing, "a key that scrolls does not also play"
        await screen.press("2")
        assert screen.line("app/main.py:7").split()[-2:] == ["GET", "/bad"]
        await screen.press("enter")
        await screen.shows("/app/main.py:7 in bad")
        assert "1 stall, 100ms together" in screen.text
        await screen.press("escape", "4")
        await screen.shows("worker 7 was killed")
        await screen.press("d")
        await screen.shows("next: make it a def")
        await screen.press("escape", "question_mark")
        await screen.shows("turn the order round")


async def test_panes_by_tab_and_empty_ones_say_so(tmp_path: Path) -> None:
    stream = Stream()
    stream.worker(11).tell(pool=Pool(64, 9, 7, 2, 0.5, 1.0))
    async with replayed(stream, tmp_path) as screen:
        await screen.press("tab")
        await screen.shows("No stalls.")
        await screen.press("tab")
        await screen.shows("loop CPU")
        assert screen.line("busy  ").split()[:3] == ["busy", "7", "7"]
        await screen.press("tab")
        await screen.shows("No call was lost.")
        await screen.press("shift+tab", "shift+tab", "shift+tab")
        assert screen.app.pane == "routes"
        assert "No " not in screen.text.replace("no diagnosis", "")


async def test_a_worker_alone(tmp_path: Path) -> None:
    stream = small()
    other = stream.worker(12)
    other.tell(routes=["GET /other"], table=table(("GET /other", "loop")))
    async with replayed(stream, tmp_path) as screen:
        assert "all 2 workers" in screen.text
        await screen.press("w", "w")
        assert "worker 12" in screen.text
        assert "GET /other" in screen.text
        assert "GET /a " not in screen.text
        await screen.press("w")
        assert "all 2 workers" in screen.text


async def test_a_recording_is_played_and_sought(tmp_path: Path) -> None:
    async with replayed(small(), tmp_path) as screen:
        await screen.shows("■ 0:01.4 / 0:01.4")
        await screen.press("comma")
        await screen.shows("■ 0:01.2")
        await screen.press("left")
        await screen.shows("■ 0:00.0")
        await screen.press("2")
        await screen.shows("No stalls.")
        await screen.press("plus", "plus", "plus")
        await screen.shows("×8")
        await screen.press("space")
        await screen.shows("■ 0:01.4")
        await screen.shows("app/main.py:7")
        await screen.press("a", "full_stop", "minus")
        await screen.shows("■ 0:00.2 / 0:01.4  ×4")
        await screen.press("e")
        await screen.shows("■ 0:01.4")


async def test_a_broken_recording_says_so(tmp_path: Path) -> None:
    path = small().write(tmp_path / "r")
    path.write_bytes(path.read_bytes()[:-30])
    app = TopApp(Replay(read_recording(path)), "r")
    async with app.run_test(size=WIDE) as pilot:
        await Screen(app, pilot).shows("breaks off at line 9")


async def test_nothing_that_an_app_says_is_markup_or_moves_the_cursor(tmp_path: Path) -> None:
    stream = Stream()
    worker = stream.worker(11)
    culprit = {"file": f"/app/{EVIL}.py", "line": 1, "function": EVIL}
    stalls = [{**stall(), "culprit": culprit, "stack": [culprit], "operation": EVIL, "route": EVIL, "call": EVIL}]
    row: dict[str, Any] = {"route": EVIL, "lane": "[b]", "why": EVIL, "call": EVIL, "file": EVIL, "line": 1}
    worker.tell(routes=[EVIL], table={"routes": [row]}, losses=[{**loss(), "reason": EVIL, "call": EVIL}])
    doctor = {"sentence": EVIL, "evidence": [EVIL], "next_step": EVIL, "severity": EVIL}
    worker.tell(stalls=stalls, doctor=doctor)
    async with replayed(stream, tmp_path, WIDE) as screen:
        for keys in (("1",), ("enter",), ("escape", "2"), ("enter",), ("escape", "4"), ("d",)):
            await screen.press(*keys)
            assert EVIL_SHOWN in screen.text or "GET /\\x1b[31m[red]" in screen.text, screen.text
            assert all(char.isprintable() for line in screen.lines() for char in line)
        await screen.press("escape", "1", "enter")
        assert screen.line("╭").count("[red]a[/red]") == 1, "the title of a box, too"


async def test_a_loop_that_stands_still_is_said(tmp_path: Path) -> None:
    stream = Stream()
    stream.worker(11).tell(overdue_us=1_200_000)
    async with replayed(stream, tmp_path) as screen:
        assert "loop stands still 1.2s" in screen.line("requests/s"), "below the diagnosis, however long that is"


async def test_a_resize_lays_it_out_anew(tmp_path: Path) -> None:
    async with replayed(small(), tmp_path) as screen:
        assert " 18 s" in screen.text
        await screen._pilot.resize_terminal(*WIDE)
        await screen.shows(" 105 s")


async def test_live_paused_and_lost(start: Start) -> None:
    stream = small()
    console = start(hub=stream.hub)
    async with live(console) as screen:
        await screen.shows("● live  1 worker")
        await screen.shows("GET /a ")
        await screen.press("space")
        await screen.shows("paused")
        assert screen.app.is_paused
        await screen.press("2")
        await screen.shows("app/main.py:7")
        await screen.press("space")
        await screen.shows("● live")
        console.stop()
        await screen.shows("not connected")
        await screen.shows("trying again in")
        assert "app/main.py:7" in screen.text
        await screen.press("q")
