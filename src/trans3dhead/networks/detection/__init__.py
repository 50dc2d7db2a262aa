"""The head detector: every head of a photograph from any side, as a box, a score and a coarse rotation."""
