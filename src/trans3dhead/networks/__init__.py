"""What runs: the networks that align heads and find them, their configurations and files."""
