"""Synthetic photographs of heads with exact labels: identities, expressions, poses, assets, light, renderer."""

from trans3dhead.synth.generator import generate
from trans3dhead.synth.sheet import contact_sheet

__all__ = ["contact_sheet", "generate"]
