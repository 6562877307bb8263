"""Take the pictures of docs/story.md: play the demo in a new folder, serve it, open its pages.

    python scripts/take_pictures.py [--home FOLDER]

It needs playwright and a Chromium (`scripts/find_chromium`).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
WAVEHOUSE = (sys.executable, "-m", "wavehouse")
PORT, SECONDS = "8496", 120
VIEW = {"width": 1280, "height": 860}
PAGES = {
    "overview": "/",
    "jobs": "/jobs",
    "studio": "/studio",
    "learning": "/learning",
    "campaigns": "/campaigns",
    "erasures": "/erasures",
}


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="a home with the demo's data; default a new one")
    chosen = parser.parse_args().home
    with tempfile.TemporaryDirectory() as folder:
        home = chosen or Path(folder) / "home"
        home.mkdir(mode=0o711, exist_ok=True)
        Path(folder).chmod(0o711)
        environment = {**os.environ, "WAVEHOUSE_HOME": str(home)}
        if chosen is None:
            subprocess.run([*WAVEHOUSE, "demo", "--no-serve"], env=environment, check=True)
        with _serving(environment, Path(folder) / "up.log") as link:
            _take(link)


@contextmanager
def _serving(environment: dict[str, str], log: Path) -> Iterator[str]:
    """The dashboard during the block; yields the one-time link to sign in."""
    command = [*WAVEHOUSE, "up", "--port", PORT]
    with (
        log.open("w") as output,
        subprocess.Popen(command, env=environment, stdout=output, stderr=output) as program,
    ):
        try:
            for _ in range(SECONDS):
                if link := re.search(r"http://\S+token=\S+", log.read_text()):
                    break
                time.sleep(1)
            else:
                raise SystemExit(f"the dashboard did not start:\n{log.read_text()}")
            yield link[0]
        finally:
            program.terminate()


def _take(link: str) -> None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    chromium = next((path for name in names if (path := shutil.which(name))), None)
    if chromium is None:
        raise SystemExit("no Chromium found: scripts/find_chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=VIEW, color_scheme="light", reduced_motion="reduce")
        page.goto(link)
        if page.locator("form button").count():
            page.locator("form button").first.click()
        page.wait_for_load_state("networkidle")
        for name, path in PAGES.items():
            _picture(page, name, path)
        browser.close()


def _picture(page: Page, name: str, path: str) -> None:
    answer = page.goto(f"http://localhost:{PORT}{path}")
    if answer is None or not answer.ok:
        raise SystemExit(f"{path} cannot be opened")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png")
    print(PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
