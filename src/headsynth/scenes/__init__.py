"""Scenes: people with bodies in one metric space before one camera, and things that look like heads."""
