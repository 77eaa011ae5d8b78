"""How smooth the page is while it follows a live console: times between pictures, and work on the main thread.

python web/dev/smooth.py http://127.0.0.1:8001 [--seconds 10] [--shots FOLDER]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from playwright.sync_api import ConsoleMessage, sync_playwright

PROBE = """
seconds => new Promise(done => {
  const gaps = [], long = []
  const seen = new PerformanceObserver(list => list.getEntries().forEach(entry => long.push(entry.duration)))
  seen.observe({entryTypes: ['longtask']})
  let last = performance.now(), until = last + seconds * 1000
  const step = now => {
    gaps.push(now - last); last = now
    if (now < until) return requestAnimationFrame(step)
    gaps.sort((a, b) => a - b)
    const at = part => Math.round(gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * part))] * 10) / 10
    done({pictures_a_second: Math.round(gaps.length / seconds), p50_ms: at(.5), p95_ms: at(.95), p99_ms: at(.99),
          longest_ms: at(1), long_tasks: long.length, longest_task_ms: Math.round(Math.max(0, ...long)),
          heap_mb: Math.round((performance.memory?.usedJSHeapSize ?? 0) / 1e6)})
  }
  requestAnimationFrame(step)
})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--shots", type=Path)
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})

        def told(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and "404" not in message.text:
                print(message.type, message.text)

        page.on("console", told)
        page.on("pageerror", lambda error: print("page error", error))
        page.goto(options.url)
        page.locator(".pane tbody tr").first.wait_for()
        page.wait_for_timeout(3000)
        print(json.dumps(page.evaluate(PROBE, options.seconds)))
        if options.shots:
            options.shots.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(options.shots / "live.png"))
            page.keyboard.press("Space")
            for _ in range(9):
                page.keyboard.press("+")
            page.wait_for_timeout(300)
            page.screenshot(path=str(options.shots / "live-close.png"))
            page.get_by_role("tab", name="Stalls").click()
            page.locator(".pane tbody tr").first.click()
            page.wait_for_timeout(800)
            page.screenshot(path=str(options.shots / "live-stall.png"))
        browser.close()


if __name__ == "__main__":
    main()
