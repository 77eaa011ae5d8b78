"""Takes the pictures of the console that stand in the documentation, of the lesson under load.

Needs Chromium, and what `make install` brings.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1280, "height": 800}
RATE = 40
"""Requests a second: so many bars can be told apart in a picture."""
NEVER_S = 1000
FILLED_MS = 16_000
"""By then the timeline has something to show from end to end."""


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("pictures: needs chromium on PATH", file=sys.stderr)
        return 2
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        # A copy, so that no picture shows whose machine it was taken on.
        shutil.copytree(ROOT / "examples" / "lesson", f"{folder}/lesson", ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-m", "clearway", "run", "lesson/app.py", "--port", "0", "--console", "127.0.0.1:0"]
        said = Path(folder, "said")
        with said.open("wb") as out, subprocess.Popen(command, cwd=folder, stdout=out) as service:
            try:
                app, console = _said(service, said, r"serving .* on (\S+)"), _said(service, said, r"console +(\S+)")
                load = [sys.executable, str(ROOT / "web" / "dev" / "load.py"), app.rpartition(":")[2]]
                with subprocess.Popen([*load, str(RATE), str(NEVER_S)]) as asking:
                    try:
                        _take(chromium, app, console)
                    finally:
                        asking.kill()
            finally:
                service.terminate()
    return 0


def _said(service: subprocess.Popen[bytes], said: Path, pattern: str) -> str:
    while service.poll() is None:
        if found := re.search(pattern, said.read_text()):
            return found[1]
        time.sleep(0.1)
    raise SystemExit("pictures: the lesson's app does not serve")


def _take(chromium: str, app: str, console: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
        page.goto(console)
        page.get_by_role("status").get_by_text("Live").wait_for()
        page.wait_for_timeout(FILLED_MS)
        urllib.request.urlopen(f"{app}/bad/").close()
        page.wait_for_timeout(1500)
        page.get_by_role("group", name="Timeline").focus()
        page.keyboard.press("Space")
        _shot(page, "routes")
        page.get_by_role("tab", name="Stalls").click()
        page.get_by_role("row", name="stops_everything").click()
        details = page.get_by_role("complementary", name="Stall")
        details.get_by_text("What to change").wait_for()
        page.wait_for_timeout(2000)
        _shot(page, "stall")
        page.emulate_media(color_scheme="dark")
        _shot(page, "stall-dark")
        browser.close()


def _shot(page: Page, name: str) -> None:
    page.wait_for_timeout(300)
    path = PICTURES / f"console-{name}.png"
    taken = Image.open(BytesIO(page.screenshot()))
    taken.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)  # a third of the size
    print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
