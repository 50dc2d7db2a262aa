"""What the validation of the detector measures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from trans3dhead.data.scene_windows import SceneBatch
from trans3dhead.geometry.rotations import euler_from_rotation
from trans3dhead.metrics.alignment import geodesic_error
from trans3dhead.metrics.detection import FOUND_IOU, Picture, average_precision, judge, mean_average_precision, recall
from trans3dhead.networks.detection.config import THRESHOLD
from trans3dhead.networks.detection.found import FoundHeads

_BEHIND = 99.0  # degrees of yaw beyond which a head is seen from behind
_SIZES = {"small": (0.0, 32.0), "medium": (32.0, 96.0), "large": (96.0, float("inf"))}  # pixels of the longer side


@dataclass(frozen=True, eq=False)
class ScoredPicture:
    """One picture of a validation, on the CPU."""

    picture: Picture
    rotations: np.ndarray  # (D, 3, 3) of the detections
    true_rotations: np.ndarray  # (N, 3, 3) of the heads


def scored_pictures(found: Sequence[FoundHeads], batch: SceneBatch) -> list[ScoredPicture]:
    """Each picture of a batch: what is found and what is there."""
    pictures = []
    for row, heads in enumerate(found):
        present = batch.present[row]
        boxes, scores, rotations, true_boxes, wanted, true_rotations = (
            tensor.cpu().float().numpy()
            for tensor in (
                heads.boxes,
                heads.scores,
                heads.rotations,
                batch.boxes[row, present],
                batch.wanted[row, present],
                batch.rotations[row, present],
            )
        )
        picture = Picture(boxes, scores, true_boxes, wanted > 0)
        pictures.append(ScoredPicture(picture, rotations, true_rotations))
    return pictures


def summarise_detections(scored: Sequence[ScoredPicture]) -> dict[str, float]:
    """AP50, AP50:95, and at `THRESHOLD`: recall, also by size and from behind, false ones a picture, rotation error.

    The rotation error is the mean over the heads that are found, degrees. NaN where there is no such head.
    """
    pictures = [scored_picture.picture for scored_picture in scored]
    verdicts = [judge(picture, FOUND_IOU) for picture in pictures]
    certain = [picture.scores >= THRESHOLD for picture in pictures]
    judged = list(zip(scored, verdicts, certain, strict=True))
    false = sum(int((verdict.counted & ~verdict.right & sure).sum()) for _, verdict, sure in judged)
    angles = [_angles(picture, verdict.right & sure, verdict.head) for picture, verdict, sure in judged]
    return {
        "ap50": average_precision(pictures),
        "ap": mean_average_precision(pictures),
        "recall": recall(pictures, THRESHOLD),
        **{f"recall_{name}": recall(_of_heads(scored, _of_size(*span)), THRESHOLD) for name, span in _SIZES.items()},
        "recall_behind": recall(_of_heads(scored, _from_behind), THRESHOLD),
        "false": false / len(pictures),
        "rotation": torch.cat(angles).mean().item(),
    }


def _angles(scored: ScoredPicture, chosen: np.ndarray, head: np.ndarray) -> torch.Tensor:
    """(K,) degrees between the rotations of the chosen detections, (D,) bool, and those of their heads, (D,) int."""
    found, true = scored.rotations[chosen], scored.true_rotations[head[chosen]]
    return geodesic_error(torch.from_numpy(found), torch.from_numpy(true))


def _of_size(low: float, high: float) -> Callable[[ScoredPicture], np.ndarray]:
    def chosen(scored: ScoredPicture) -> np.ndarray:
        longer = scored.picture.true_boxes[:, 2:].max(axis=1, initial=0.0)
        return (longer >= low) & (longer < high)

    return chosen


def _from_behind(scored: ScoredPicture) -> np.ndarray:
    yaw = euler_from_rotation(torch.from_numpy(scored.true_rotations))[:, 1]
    return yaw.abs().numpy() > _BEHIND


def _of_heads(scored: Sequence[ScoredPicture], chosen: Callable[[ScoredPicture], np.ndarray]) -> list[Picture]:
    """The pictures with only the chosen heads wanted."""
    return [replace(picture.picture, wanted=picture.picture.wanted & chosen(picture)) for picture in scored]


def metrics_line(means: Mapping[str, float]) -> str:
    """The detector's main metrics in one line for the console."""
    return (
        f"AP50 {100 * means['ap50']:.1f} %  AP50:95 {100 * means['ap']:.1f} %  recall {100 * means['recall']:.1f} % "
        f"(small {100 * means['recall_small']:.1f} %, behind {100 * means['recall_behind']:.1f} %)  "
        f"false {means['false']:.2f} a picture  rotation {means['rotation']:.1f}°"
    )
