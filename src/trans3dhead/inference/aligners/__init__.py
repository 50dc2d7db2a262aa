"""What answers crops: a network under ONNX Runtime, which ships, or under PyTorch, for checkpoints."""

from trans3dhead.inference.aligners.aligned_heads import AlignedHeads, Answers
from trans3dhead.inference.aligners.by_name import Aligner, open_aligner

__all__ = ["AlignedHeads", "Aligner", "Answers", "open_aligner"]
