"""Networks as ONNX files, for programs without PyTorch; needs the extra `export`."""

from trans3dhead.export.onnx_file import PRECISIONS, Exported, export_onnx

__all__ = ["PRECISIONS", "Exported", "export_onnx"]
