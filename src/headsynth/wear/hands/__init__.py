"""Hands at a face, and what they hold."""
