"""Clothes cut from the body's surface, scarves, and what they are made of."""
