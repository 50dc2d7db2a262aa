"""Training of the networks that align heads."""
