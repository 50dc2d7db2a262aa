"""Rotations, cameras, boxes and crops: small pure functions that every other part shares."""
