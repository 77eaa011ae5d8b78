"""Pictures of the page's main states, from a recording, to look at.

python web/dev/shots.py RECORDING FOLDER [--size 1280x800] [--dark]
"""

from __future__ import annotations

import argparse
import functools
import http.server
import threading
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, sync_playwright

ASSETS = Path(__file__).parent.parent.parent / "src" / "clearway" / "web_assets"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def states(page: Page, folder: Path, name: str) -> None:
    def shot(state: str) -> None:
        page.wait_for_timeout(250)
        page.screenshot(path=str(folder / f"{name}-{state}.png"))

    shot("routes")
    page.get_by_role("tab", name="Stalls").click()
    page.locator(".pane tbody tr").first.click()
    shot("stall")
    for _ in range(8):
        page.get_by_label("Zoom in").click()
        page.wait_for_timeout(30)
        if _ in (3, 5, 7):
            shot(f"stall-zoom{_}")
    for _ in range(8):
        page.get_by_label("Zoom out").click()
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="In view").click()
    page.locator(".pane tbody tr").nth(2).click()
    shot("request")
    page.get_by_role("tab", name="Routes").click()
    page.locator(".pane tbody tr", has_text="items").first.click()
    shot("route")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Pool").click()
    shot("pool")
    page.get_by_role("tab", name="Losses").click()
    page.get_by_label("Search routes").fill("items")
    shot("search")
    page.get_by_label("Search routes").fill("")
    page.get_by_role("button", name="Keys and settings").click()
    shot("help")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    handler = functools.partial(Handler, directory=str(ASSETS))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    width, height = map(int, options.size.split("x"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme="dark" if options.dark else "light"
        )

        def told(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and "404" not in message.text:
                print(message.type, message.text)

        page.on("console", told)
        page.on("pageerror", lambda error: print("page error", error))
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.set_input_files("input[type=file]", str(options.recording))
        page.locator(".pane tbody tr").first.wait_for()
        states(page, options.folder, f"{options.recording.stem}-{options.size}{'-dark' if options.dark else ''}")
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
