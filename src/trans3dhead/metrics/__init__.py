"""Metrics as pure functions, one value a sample: alignment, meshes, detection."""
