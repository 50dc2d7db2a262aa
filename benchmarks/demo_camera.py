"""Frames a second of the camera page in headless Chromium with a fake camera, and where the time goes.

    python benchmarks/demo_camera.py examples/astronaut.jpg -o out/demo_camera.json
    python benchmarks/demo_camera.py examples/astronaut.jpg --page server --model tiny

It measures the page of `trans3dhead demo`, and the one that needs no server, of `trans3dhead demo --static`: a browser
has a camera that shows the photograph moving to and fro. It counts the frames that the page shows and the processor
seconds that each process takes for one (the browser's renderer runs the page, and the networks where there is no
server; its GPU process draws, without a GPU on the processor). Then, for as long again, it looks which of the page's
functions take longest, those of its worker aside; that slows the page.

Needs playwright, of the extra `dev`, and a Chromium.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from demo_pages import opened, served
from playwright.sync_api import Page
from rich.console import Console
from rich.table import Table

from trans3dhead.demo.static_page import write_static_page
from trans3dhead.images import encode_jpeg, read_photograph

FRAME = (640, 480)
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
LEAST_FRAMES = 3
PATIENCE = 600_000  # milliseconds
# The page writes its rate with each frame. A MutationObserver would miss those at which the words stay the same.
COUNT = """() => {
    window.shownFrames = 0;
    const rate = document.getElementById("rate");
    const { get, set } = Object.getOwnPropertyDescriptor(HTMLOutputElement.prototype, "value");
    const counted = (words) => { window.shownFrames++; set.call(rate, words); };
    Object.defineProperty(rate, "value", { get, set: counted });
}"""


def main() -> None:
    """Print tables of each page; write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photograph", type=Path)
    parser.add_argument("--page", choices=PAGES, help="one of the pages; by default both, one after the other")
    parser.add_argument("--model", help="by default that of each page: small on the server, tiny without one")
    parser.add_argument("--closer-look", default="auto", help="as for `trans3dhead demo`")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        clip = write_clip(arguments.photograph, Path(folder) / "camera.mjpeg")
        for name in [arguments.page] if arguments.page else PAGES:
            serve, usual = PAGES[name]
            model = arguments.model or usual
            described = {"page": name, "model": model, "closer_look": arguments.closer_look}
            with serve(model, arguments.closer_look) as (address, server):
                found.append(described | measured(address, clip, server, arguments.seconds))
            report(found[-1])
    if arguments.output is not None:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps(found, indent=2) + "\n")


@contextmanager
def hosted(model: str, closer_look: str) -> Iterator[tuple[str, int]]:
    """The page of `trans3dhead demo --static` on a plain host of files: its address, and the process of the host."""
    with tempfile.TemporaryDirectory() as folder:
        write_static_page(Path(folder), model, closer_look)
        command = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
            assert run.stdout is not None
            try:  # Serving HTTP on 127.0.0.1 port 40123 (http://127.0.0.1:40123/) ...
                yield run.stdout.readline().partition("(")[2].partition(")")[0], run.pid
            finally:
                run.terminate()


PAGES = {"server": (served, "small"), "static": (hosted, "tiny")}


def write_clip(photograph: Path, path: Path) -> Path:
    """Four seconds of the photograph moving to and fro in a frame of `FRAME`: JPEGs one after the other."""
    picture = cv2.resize(read_photograph(photograph), (FRAME[1], FRAME[1]), interpolation=cv2.INTER_AREA)
    frame = np.zeros((FRAME[1], FRAME[0], 3), np.uint8)
    frame[:, 80 : 80 + FRAME[1]] = picture
    shifts = (30 * np.sin(2 * np.pi * np.arange(120) / 120)).round().astype(int)
    path.write_bytes(b"".join(encode_jpeg(np.roll(frame, shift, axis=1)) for shift in shifts))
    return path


def measured(address: str, clip: Path, server: int, seconds: float) -> dict[str, Any]:
    """What a page does in so many seconds, after some to warm up."""
    with opened(address, PATIENCE, [*CAMERA, f"--use-file-for-fake-video-capture={clip}"]) as page:
        page.click("#camera")
        page.wait_for_selector(".box")
        page.wait_for_timeout(3000)
        page.evaluate(COUNT)
        before, begun = processor_seconds(server), time.perf_counter()
        frames = frames_in(page, seconds)
        took, after = time.perf_counter() - begun, processor_seconds(server)
        profiler = page.context.new_cdp_session(page)
        profiler.send("Profiler.enable")
        profiler.send("Profiler.start")
        profiled = frames_in(page, seconds)
        functions = slowest(profiler.send("Profiler.stop")["profile"])
        size = picture_of(page)
    spent = {name: 1e3 * (after[name] - before.get(name, 0.0)) / frames for name in after}
    return {
        "frames_a_second": frames / took,
        "milliseconds_a_frame": {name: value for name, value in spent.items() if value >= 0.5},
        "milliseconds_in_functions": {name: value / profiled for name, value in functions.items()},
        "viewer_pixels": size,
    }


def frames_in(page: Page, seconds: float) -> int:
    """How many frames the page shows meanwhile; on a busy machine it waits for longer, until there are some."""
    first = page.evaluate("window.shownFrames")
    page.wait_for_timeout(1000 * seconds)
    while (frames := page.evaluate("window.shownFrames") - first) < LEAST_FRAMES:
        page.wait_for_timeout(500)
    return frames


def picture_of(page: Page) -> list[int]:
    """Width and height of what the 3D view draws, pixels."""
    return page.evaluate("(() => { const c = document.getElementById('viewer'); return [c.width, c.height]; })()")


def processor_seconds(server: int) -> Counter[str]:
    """Seconds on the processor until now: of the server, and of this process's Chromium by kind of process."""
    spent: Counter[str] = Counter()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            numbers = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        seconds = (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")
        if int(entry.name) == server:
            spent["server"] += seconds
        elif "--use-fake-device-for-media-stream" in command or "--type=" in command:
            kind = command.partition("--type=")[2].partition(" ")[0] or "browser"
            spent[f"chromium {kind}"] += seconds
    return spent


def slowest(profile: dict[str, Any]) -> dict[str, float]:
    """A profile of Chromium -> milliseconds in each function itself, the twelve most; the built-in with its caller."""
    nodes = {node["id"]: node for node in profile["nodes"]}
    callers = {child: node["id"] for node in profile["nodes"] for child in node.get("children", ())}

    def name(number: int) -> str:
        called = nodes[number]["callFrame"]
        own = f"{called['functionName'] or 'anonymous'} {called['url'].rpartition('/')[2]}".strip()
        return own if called["url"] or number not in callers or own[0] == "(" else f"{own} < {name(callers[number])}"

    spent: Counter[str] = Counter()
    for number, microseconds in zip(profile["samples"], profile["timeDeltas"], strict=True):
        spent[name(number)] += microseconds / 1e3
    return dict(spent.most_common(12))


def report(found: dict[str, Any]) -> None:
    """The tables of one page."""
    console = Console()
    console.print(
        f"{found['page']}, {found['model']}: {found['frames_a_second']:.2f} frames a second; "
        f"the 3D view has {found['viewer_pixels']} pixels"
    )
    for title, name in (("process", "milliseconds_a_frame"), ("function", "milliseconds_in_functions")):
        table = Table(title, "ms a frame")
        for key, value in sorted(found[name].items(), key=lambda item: -item[1]):
            table.add_row(key, f"{value:.1f}")
        console.print(table)


if __name__ == "__main__":
    main()
