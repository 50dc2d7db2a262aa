"""Figures 7 and 8 of the paper: what each decoder layer adds to the average face (MARR, eq. 5). Needs PyTorch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from trans3dhead.evaluation.figures import BLUE, VERMILLION, new_figure, titled
from trans3dhead.evaluation.paper_figures.heads import PicturedHead
from trans3dhead.evaluation.paper_figures.sheet import Column, Panel, draw_nothing, sheet
from trans3dhead.evaluation.paper_figures.strokes import draw_landmarks
from trans3dhead.geometry.boxes import root_area
from trans3dhead.geometry.crops import Crop
from trans3dhead.networks.alignment import LoadedModel, Trans3DHead, load_model
from trans3dhead.networks.alignment.prediction import LANDMARKS
from trans3dhead.networks.preprocess import normalize
from trans3dhead.weights.shipped import network_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BINS = 50
_ROOM = 1.35  # of the tallest bar, so that the legend has its place above
_LEFT_OUT = 1.0  # percent of all residuals, the smallest ones, which would stretch a logarithmic axis without end


@dataclass(frozen=True, eq=False)
class LayerLandmarks:
    """The landmarks of one head on their way through the decoder: L layers after the average face."""

    head: PicturedHead
    sums: np.ndarray  # (1 + L, 68, 2) pixels of the photograph: the average face, then the sum after each layer

    @property
    def residuals(self) -> np.ndarray:
        """(L, 68, 2) what each layer adds, over the root of the head box's area."""
        return np.diff(self.sums, axis=0) / root_area(self.head.box)


def landmarks_of_layers(model: str | Path, heads: Iterable[PicturedHead]) -> list[LayerLandmarks]:
    """Run a network that ships, or a checkpoint, on the crops of the heads, one by one.

    Raises ValueError for a network that does not regress residuals layer by layer.
    """
    path = network_path(model)
    if path.suffix == ".onnx":
        raise ValueError(f"{model}: expected a checkpoint, an .onnx file does not say what each layer adds")
    loaded = load_model(path)
    average = _average_of(loaded, model)
    return [_through_layers(loaded, average, head) for head in heads]


def landmarks_by_layer(found: Sequence[LayerLandmarks], name: str) -> "Figure":
    """Figure 7: the average face, and the sum after each decoder layer. name: of the network."""
    sums = {entry.head.id: entry.sums for entry in found}
    titles = ["average face", *(f"after layer {number + 1}" for number in range(len(found[0].residuals)))]
    columns = [Column(title, partial(_draw_sum, sums, step), name) for step, title in enumerate(titles)]
    return sheet([entry.head for entry in found], [Column("", draw_nothing, "photograph"), *columns])


def residuals_by_layer(found: Sequence[LayerLandmarks], name: str) -> "Figure":
    """Figure 8: a histogram for each decoder layer of the absolute residuals, x and y alike. name: of the network.

    On a logarithmic axis: what a later layer adds may be a hundredth of what the first one does.
    """
    residuals = np.abs(np.stack([entry.residuals for entry in found], axis=1))  # (L, heads, 68, 2)
    least = float(np.percentile(residuals[residuals > 0], _LEFT_OUT))
    edges = np.geomspace(least, residuals.max(), _BINS + 1)
    shares = [100 * np.histogram(values, edges)[0] / values.size for values in residuals]
    figure = new_figure((3.6 * len(residuals), 3.4))
    panels = figure.subplots(1, len(residuals), sharey=True, squeeze=False)[0]
    for number, (axes, values, share) in enumerate(zip(panels, residuals, shares, strict=True), start=1):
        titled(axes, f"Layer {number} of {name}", f"{len(found):,} heads, {values.size:,} coordinates")
        axes.stairs(share, edges, fill=True, color=BLUE, alpha=0.85)
        median = float(np.median(values))
        words = f"median {_plain(median)}"
        axes.axvline(median, ymax=1 / _ROOM, color=VERMILLION, linewidth=1.4, label=words)
        below = 100 * float((values < least).mean())
        axes.plot([], [], " ", label=f"{below:.1f} % below {_plain(least)}")
        axes.set(xscale="log", xlim=(edges[0], edges[-1]), ylim=(0, _ROOM * np.max(shares)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_xlabel("|residual| / √(box area), logarithmic")
        axes.legend(frameon=False, fontsize=8, loc="upper left")
    panels[0].set_ylabel("share of coordinates (%)")
    return figure


def _plain(value: float) -> str:
    """Two digits that count, without an exponent."""
    return np.format_float_positional(value, 2, fractional=False, trim="-")


def _average_of(loaded: LoadedModel, model: str | Path) -> np.ndarray:
    """(68, 2) crop units: where the sums begin."""
    network = loaded.model
    if not isinstance(network, Trans3DHead) or network.landmark_branch is None:
        raise ValueError(f"{model}: expected a Trans3DHead with a landmark branch, whose layers add residuals")
    if network.config.residual_regression == "none":
        raise ValueError(f"{model}: expected residual_regression other than none; its last layer alone has landmarks")
    return network.landmark_branch.average[:LANDMARKS].detach().numpy()


@torch.inference_mode()
def _through_layers(loaded: LoadedModel, average: np.ndarray, head: PicturedHead) -> LayerLandmarks:
    crop = Crop.around(head.box, loaded.crop_size)
    pixels = torch.from_numpy(crop.cut(head.photograph)).permute(2, 0, 1)[None]
    partial_sums = loaded.model.eval()(normalize(pixels)).partial_landmarks
    assert partial_sums is not None  # the network has a landmark branch
    sums = np.concatenate((average[None], partial_sums[:, 0].numpy()))
    return LayerLandmarks(head, crop.to_photograph(sums.astype(np.float64) * crop.size))


def _draw_sum(sums: dict[str, np.ndarray], step: int, panel: Panel) -> None:
    draw_landmarks(panel, sums[panel.head.id][step])
