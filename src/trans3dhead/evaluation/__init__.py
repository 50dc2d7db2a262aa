"""Metrics and the protocols in which they are reported."""
