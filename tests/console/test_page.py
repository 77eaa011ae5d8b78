"""The page in a browser, before a real service: what a person does with it, from opening it to replaying a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from clearway.console.app import ASSETS
from clearway.frames import CallPart, Counts, Frame, Header, RequestPart, line_of
from tests.served import PATIENCE_S, Served

pytestmark = pytest.mark.once

Serve = Callable[..., Served]

APP = """
import time
from fastapi import FastAPI
app = FastAPI()
@app.get("/bad")
async def bad():
    time.sleep(0.5)
@app.get("/items/<b>{item}</b>")
def item(item: str): return item
"""
STALLS = re.compile(r"Stalls \d+")
MARKUP = "<img src=x onerror=\"document.body.id='taken'\"><script>document.body.id='taken'</script>"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own. Whatever it does: no error, no request elsewhere, nothing that its policy forbids."""
    page = browser.new_page(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    page.set_default_timeout(PATIENCE_S * 1000)
    troubles: list[str] = []

    def told(message: ConsoleMessage) -> None:
        # What the console does not answer is said on the page; the browser says it here as well.
        if message.type == "error" and "Failed to load resource" not in message.text:
            troubles.append(message.text)

    page.on("console", told)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda asked: troubles.append(asked.url) if not _is_own(asked.url, page) else None)
    expect.set_options(timeout=PATIENCE_S * 1000)
    yield page
    page.close()
    assert troubles == []


def _is_own(url: str, page: Page) -> bool:
    own = re.match(r"http://127\.0\.0\.1:\d+/", url)
    return url.startswith(("data:", "blob:")) or (own is not None and page.url.startswith(("about:", own[0])))


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that tests only ask and look at."""
    served = started(tmp_path_factory.mktemp("lasting"))
    yield served
    served.kill()


def started(folder: Path) -> Served:
    """A busy machine's own stalls, which are short, stay out of the picture."""
    (folder / "clearway.toml").write_text("stall_threshold = 250\n")
    (folder / "app.py").write_text(APP)
    arguments = ["app.py", "--port", "0", "--console", "127.0.0.1:0", "--settings", str(folder / "clearway.toml")]
    return Served(arguments, folder)


def stalled(served: Served, page: Page) -> None:
    """The loop of this service has stood still while somebody looked."""
    page.goto(served.console)
    expect(page.get_by_role("status")).to_have_text("Live")
    served.start_get("/bad")
    page.get_by_role("tab", name=STALLS).click()
    expect(page.get_by_role("row", name="in bad")).to_be_visible()
    page.get_by_role("tab", name="Routes").click()


def test_a_stall_appears_and_leads_to_its_line(lasting: Served, page: Page) -> None:
    stalled(lasting, page)
    expect(page.get_by_test_id("announcer")).to_contain_text("time.sleep, GET /bad")
    page.get_by_role("tab", name="Stalls").click()
    page.get_by_role("row", name="in bad").click()
    details = page.get_by_role("complementary", name="Stall")
    expect(details).to_contain_text("blocking call: time.sleep")
    expect(details).to_contain_text("What to change")
    expect(details.get_by_text("await asyncio.sleep(0.5)", exact=False).first).to_be_visible()
    expect(details.get_by_test_id("source").locator(".here")).to_have_text(re.compile(r"7\s+time\.sleep\(0\.5\)"))
    link = details.get_by_role("link", name="app.py:7").first
    assert re.fullmatch(r"vscode://file/.*/app\.py:7", link.get_attribute("href") or "")


def test_a_request_is_found_by_keyboard_alone(lasting: Served, page: Page) -> None:
    stalled(lasting, page)
    page.get_by_role("tab", name="Routes").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="In view")).to_be_focused()
    page.get_by_role("row", name="GET /bad").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Request")).to_contain_text("It stopped the loop for")
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("bad")
    expect(page.get_by_role("searchbox")).to_have_value("bad")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next stall")


def test_it_pauses_scrubs_and_goes_on(lasting: Served, page: Page) -> None:
    stalled(lasting, page)
    status, span = page.get_by_role("status"), page.locator(".span")
    page.get_by_role("group", name="Timeline").focus()
    page.keyboard.press("Space")
    expect(status).to_have_text("Paused")
    strip = page.get_by_role("slider", name="Window")
    box = strip.bounding_box()
    assert box is not None
    before = span.inner_text()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 10)
    page.mouse.up()
    page.keyboard.press("+")
    expect(span).not_to_have_text(before)
    page.get_by_role("group", name="Timeline").focus()
    page.keyboard.press("End")
    expect(status).to_have_text("Live")


def test_what_was_saved_is_replayed(lasting: Served, page: Page, tmp_path: Path) -> None:
    stalled(lasting, page)
    page.get_by_text("Save, open").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the recording").click()
    file = tmp_path / "saved.ndjson"
    saved.value.save_as(file)
    page.set_input_files("input[type=file]", file)
    expect(page.get_by_role("status")).to_contain_text("Recording saved.ndjson")
    page.get_by_role("tab", name=STALLS).click()
    expect(page.get_by_role("row", name="in bad")).to_contain_text("time.sleep")


def test_what_is_held_is_exported(lasting: Served, page: Page, tmp_path: Path) -> None:
    stalled(lasting, page)
    for button, name in (("Export a trace", "trace.json"), ("Export a page", "page.html")):
        page.get_by_text("Save, open").click()
        with page.expect_download() as saved:
            page.get_by_role("button", name=button).click()
        saved.value.save_as(tmp_path / name)
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert any(event["name"].startswith("stall: time.sleep") for event in events)
    exported = (tmp_path / "page.html").read_text()
    assert "time.sleep" in exported.partition('id="recording">')[2]


def test_behind_a_token_the_page_uses_the_one_of_its_address_and_says_when_it_is_alone(
    serve: Serve, page: Page
) -> None:
    served = serve(APP, "--console-token", "secret")
    page.goto(served.console)
    expect(page.get_by_role("status")).to_contain_text("No access: a token is needed")
    page.goto(f"{served.console}?token=secret")
    expect(page.get_by_role("status")).to_have_text("Live")
    served.stop()
    expect(page.get_by_role("status")).to_contain_text("Not connected")


def test_what_is_no_recording_leaves_the_page_as_it_is(lasting: Served, page: Page, tmp_path: Path) -> None:
    stalled(lasting, page)
    old = tmp_path / "old.ndjson"
    old.write_text('{"type":"header","schema":"clearway.frames/0"}\n')
    page.set_input_files("input[type=file]", old)
    expect(page.get_by_role("alert")).to_contain_text("old.ndjson: this recording is “clearway.frames/0”")
    expect(page.get_by_role("status")).to_have_text("Live")


def test_markup_in_names_is_only_text(lasting: Served, page: Page, tmp_path: Path) -> None:
    page.goto(lasting.console)
    file = tmp_path / f"{MARKUP.replace('/', '')}.ndjson"
    file.write_bytes(hostile())
    page.set_input_files("input[type=file]", file)
    expect(page.get_by_role("status")).to_contain_text("Recording")
    for tab in ("Routes", "Stalls", "In view", "Losses"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel")).to_contain_text("<img src=x")
        if tab != "Losses":
            page.get_by_role("tabpanel").get_by_role("row", name="<img").first.click()
            expect(page.get_by_role("complementary")).to_contain_text("<img src=x")
    assert page.evaluate("document.body.id") == ""
    assert page.locator("img").count() == 0
    assert page.locator("a:not([href^='vscode://file/'])").count() == 0


def hostile() -> bytes:
    """A recording whose every text is markup."""
    line = {"file": f"/srv/{MARKUP}.py", "line": 1, "function": MARKUP}
    victim = {"request": 2, "route": MARKUP, "waited_s": 0.1, "arrived_during": False}
    stall = {
        "started_s": 0.2,
        "duration_s": 0.3,
        "cause": MARKUP,
        "route": MARKUP,
        "call": MARKUP,
        "culprit": line,
        "operation": MARKUP,
        "stack": [line],
        "request": 1,
        "victims": [victim],
        "victim_count": 1,
    }
    loss = {"at_s": 0.4, "lane": MARKUP, "route": MARKUP, "call": MARKUP, "request": 1, "reason": MARKUP}
    call = {"call": MARKUP, "lane": MARKUP, "why": MARKUP}
    table = {"routes": [{**call, "route": MARKUP, "dependencies": [call]}]}
    doctor = {"problem": MARKUP, "sentence": MARKUP, "evidence": [MARKUP], "next_step": MARKUP, "severity": MARKUP}
    frame = Frame(
        worker=1,
        at_us=900_000,
        routes=[MARKUP],
        calls=[MARKUP],
        requests=[RequestPart(1, 0, 100_000, 600_000), RequestPart(2, 0, 300_000, 700_000)],
        parts=[CallPart(1, 0, 0, 0, 1, 0, 110_000, 120_000, 500_000, 510_000)],
        counts=[Counts(0, 2, 500_000, 900_000, 10_000, [(100, 2)])],
        stalls=[stall],
        losses=[loss],
        table=table,
        doctor=doctor,
    )
    header = Header(1, 1.0, MARKUP, {MARKUP: MARKUP}, 20.0)
    return line_of(header) + b"\n" + line_of(frame) + b"\n"


def test_the_built_page_can_stand_in_one_file() -> None:
    """Exported, its script and styles are inlined: nothing in them may end the element they stand in."""
    for path in ASSETS.rglob("*.js"):
        script = path.read_text("utf-8")
        assert not re.search(r"</script|<!--", script, re.IGNORECASE), path.name
        markup = r"\.(inner|outer)HTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function"
        assert not re.search(markup, script), path.name
    for path in ASSETS.rglob("*.css"):
        assert not re.search(r"</style|@import|url\((?!data:)", path.read_text("utf-8"), re.IGNORECASE), path.name
    page = (ASSETS / "index.html").read_text("utf-8")
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)
    assert json.dumps(page).count("<script") == 1
