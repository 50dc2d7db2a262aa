"""The page without a server: a folder that any host of plain files can serve. Networks run in the browser.

Its scripts are those of the server's page; `api.js`, through which these ask, is another one, which asks a worker.
"""

import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from trans3dhead import __version__
from trans3dhead.defaults import reader_of
from trans3dhead.demo.head_model_file import head_model_file
from trans3dhead.demo.limits import Limits
from trans3dhead.files import write_atomically
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.agreement import TOLERANCE
from trans3dhead.inference.closer_look import CONSTANTS as CLOSER_LOOK
from trans3dhead.inference.detectors.head_detector import LARGEST_ZOOM, LEAST_INSIDE, LONGEST_SIDE, SHIPPED
from trans3dhead.inference.distinct import SAME_HEAD
from trans3dhead.inference.head import DOUBTFUL_ANGLE, DOUBTFUL_SCORE
from trans3dhead.inference.head_score import CONSTANTS as SCORE
from trans3dhead.inference.onnx_graphs import OnnxGraph
from trans3dhead.inference.predictor import LEAST_SCORE
from trans3dhead.networks.detection.config import MULTIPLE, THRESHOLD
from trans3dhead.weights.shipped import detector_path, network_path, reader_path, shipped_folder

_DEMO = Path(str(files("trans3dhead.demo")))
_DETECTOR = {
    "longest_side": LONGEST_SIDE,
    "largest_zoom": LARGEST_ZOOM,
    "multiple": MULTIPLE,
    "threshold": THRESHOLD,
    "least_inside": LEAST_INSIDE,
}
_LEFT_OUT = ("api.js", "gallery.js", "embedded.js", "index.html")  # of the server's page
# Scripts and networks come from the page's own host, and nothing can be sent to another one.
_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "connect-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src blob:"
)
_WAITING = "The page loads its networks. If this stays, it was opened from the disk: it needs a host of files."


@dataclass(frozen=True)
class _Networks:
    """What finds heads, aligns them and, where there is one, looks closer at their faces."""

    detector: OnnxGraph
    network: OnnxGraph
    reader: OnnxGraph | None

    @classmethod
    def shipped(cls, model: str, closer_look: str) -> "_Networks":
        """Those of these names, see `reader_of`; ValueError for one that does not ship or does something else."""
        network, asked = _shipped_graph(network_path(model), "tiny or small"), reader_of(model, closer_look)
        reader = None if asked is None else _shipped_graph(reader_path(asked), "face")
        if _framing(network) != "head":
            raise ValueError(f"--static: expected a network that aligns heads, such as tiny or small, got {model}")
        if reader is not None and _framing(reader) != "face":
            raise ValueError(f"--static: expected a closer look that reads faces, such as face, or none; got {asked}")
        return cls(_shipped_graph(detector_path(SHIPPED), SHIPPED), network, reader)

    @property
    def graphs(self) -> list[OnnxGraph]:
        return [graph for graph in (self.detector, self.network, self.reader) if graph is not None]


def write_static_page(folder: Path, model: str = "tiny", closer_look: str = "auto") -> list[Path]:
    """Write the page with networks that ship; what has these names there already is replaced.

    closer_look: see `Predictor`. Returns the files, index.html last. Raises ValueError for other networks, whose graphs
    do not ship.
    """
    networks = _Networks.shipped(model, closer_look)
    written = []
    for name, content in _contents(networks):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / name, content)
        written.append(folder / name)
    return written


def _shipped_graph(weights: Path, examples: str) -> OnnxGraph:
    path = weights.with_suffix(".onnx")
    if path.parent != shipped_folder() or not path.is_file():
        raise ValueError(f"--static: expected the name of a network that ships, such as {examples}, got {weights}")
    return OnnxGraph(path, threads=1)


def _framing(graph: OnnxGraph) -> str | None:
    """What the network's crops show; None of a detector, which has none."""
    crop = graph.description.get("crop")
    return None if crop is None else crop.get("framing", "head")


def _contents(networks: _Networks) -> Iterator[tuple[str, bytes]]:
    """The files by their names in the folder."""
    head_model = NumpyHeadModel.shipped(networks.network.description["head_model"]["name"])
    for graph in networks.graphs:
        for path in (graph.path, *(graph.path.with_name(name) for name in _weights(graph))):
            yield f"networks/{path.name}", path.read_bytes()
    yield "head-model.safetensors", head_model_file(head_model)
    yield "about.json", json.dumps(_about(networks, head_model), separators=(",", ":")).encode()
    yield from _scripts(_DEMO / "without_server")
    yield from ((name, content) for name, content in _scripts(_DEMO / "static") if name not in _LEFT_OUT)
    yield "index.html", _index().encode()


def _scripts(folder: Path, below: str = "") -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.iterdir()):
        if file.is_dir():
            yield from _scripts(file, f"{below}{file.name}/")
        elif file.name.endswith(".xz"):
            yield below + file.name.removesuffix(".xz"), lzma.decompress(file.read_bytes())
        else:
            yield below + file.name, file.read_bytes()


def _weights(graph: OnnxGraph) -> list[str]:
    """The files beside a graph in which its weights lie."""
    return list(graph.description["weights"])


def _about(networks: _Networks, head_model: NumpyHeadModel) -> dict[str, Any]:
    """All that `finder.js` has to know; the numbers are those of `Predictor`."""
    limits, network, reader = Limits(), networks.network, networks.reader
    return {
        "version": __version__,
        "photograph": {"bytes": limits.photograph_bytes, "pixels": limits.photograph_pixels},
        "detector": {**_files(networks.detector), **_DETECTOR},
        "network": {
            **_files(network),
            "crop": {name: network.description["crop"][name] for name in ("size", "margin")},
            "parameters": _parameters(network),
            "expressions": head_model.expression_names,
            "landmarks": [
                {"vertices": vertices, "weights": weights}
                for vertices, weights in zip(
                    head_model.landmark_corners.tolist(), head_model.landmark_weights.tolist(), strict=True
                )
            ],
            "score": SCORE,
            "agreement": {"tolerance": TOLERANCE},
            "doubtful": {"score": DOUBTFUL_SCORE, "angle": DOUBTFUL_ANGLE},
        },
        "reader": None if reader is None else _about_reader(reader, head_model),
        "least_score": LEAST_SCORE,
        "same_head": SAME_HEAD,
    }


def _about_reader(reader: OnnxGraph, head_model: NumpyHeadModel) -> dict[str, Any]:
    """All that `closer_look.js` has to know; `head` are the vertices whose bounds are a head's box."""
    return {
        **_files(reader),
        **{name: reader.description["crop"][name] for name in ("size", "side")},
        "parameters": _parameters(reader),
        "expression_bounds": head_model.metadata.expression_bounds,
        "head": head_model.subsets["head"].tolist(),
        **CLOSER_LOOK,
    }


def _files(graph: OnnxGraph) -> dict[str, Any]:
    return {"graph": graph.path.name, "weights": _weights(graph)}


def _parameters(graph: OnnxGraph) -> dict[str, dict[str, int]]:
    """Where each group of parameters begins and ends."""
    groups = graph.description["parameters"]
    return {name: {end: group[end] for end in ("start", "stop")} for name, group in groups.items()}


def _index() -> str:
    page = (_DEMO / "static" / "index.html").read_text("utf-8")
    policy = f'  <meta http-equiv="content-security-policy" content="{_POLICY}">\n  <link rel="icon"'
    page = page.replace('  <link rel="icon"', policy, 1)
    return page.replace('aria-live="polite"></p>', f'aria-live="polite">{_WAITING}</p>', 1)
