"""A network that aligns heads, under PyTorch."""

import numpy as np
import torch

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.aligners.aligned_heads import AlignedHeads, Answers, posed
from trans3dhead.inference.runtimes import usable_device
from trans3dhead.networks.alignment import LoadedModel, check_head_model
from trans3dhead.networks.preprocess import normalize


class TorchAligner:
    """Answers crops by a checkpoint, on any device that PyTorch knows."""

    def __init__(self, loaded: LoadedModel, head_model: NumpyHeadModel, device: str) -> None:
        check_head_model(loaded, head_model)
        self.head_model = head_model
        self.crop_size = loaded.crop_size
        self.framing: str = loaded.config.framing
        self._device = usable_device(device)
        self._network = loaded.model.to(self._device).eval()

    def __call__(self, crops: np.ndarray) -> AlignedHeads:
        """(B, S, S, 3) uint8 RGB -> the heads in them."""
        said = self.answers(crops)
        return posed(self.head_model, said.landmarks, said.spread, said.parameters)

    @torch.inference_mode()
    def answers(self, crops: np.ndarray) -> Answers:
        """(B, S, S, 3) uint8 RGB -> what the network says of them."""
        pixels = torch.from_numpy(crops).permute(0, 3, 1, 2).to(self._device)
        said = self._network(normalize(pixels))
        answers = (said.landmarks, said.landmark_spread, said.parameters)
        landmarks, spread, parameters = (None if a is None else a.float().cpu().numpy() for a in answers)
        assert parameters is not None
        return Answers(landmarks, spread, self.head_model.clamped(parameters))
