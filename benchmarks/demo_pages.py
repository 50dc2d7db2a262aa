"""The server of the page, and the page in a browser: what several benchmarks start."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
_WITHOUT_GPU = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")


@contextmanager
def served(model: str, closer_look: str = "auto") -> Iterator[tuple[str, int]]:
    """`trans3dhead demo` on a free port: its address, and the process that answers."""
    command = [sys.executable, "-m", "trans3dhead", "demo", "--port", "0", "--threads", "1", "--model", model]
    command += ["--closer-look", closer_look]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout is not None
        try:
            yield run.stdout.readline().split()[0], run.pid
        finally:
            run.terminate()


@contextmanager
def opened(address: str, patience: float, options: Sequence[str] = ()) -> "Iterator[Page]":
    """The page in headless Chromium once it is ready. patience: milliseconds; options: of Chromium, more than usual."""
    from playwright.sync_api import sync_playwright  # the load needs no browser

    chromium = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    if chromium is None:
        sys.exit(f"a browser: expected one of {', '.join(_CHROMIUMS)} on the path, got none; install one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*_WITHOUT_GPU, *options])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.set_default_timeout(patience)
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        yield page
        browser.close()
