"""Training of the detector that finds heads."""
