"""Recipes, the Lightning module that follows them, and the run folder that a training leaves."""
