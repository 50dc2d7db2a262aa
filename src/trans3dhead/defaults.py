"""What the library and the command line take where nothing else is said; light, so that `--help` loads no torch."""

DEFAULT_DETECTOR = "heads"
CLOSER_LOOKS = {"small": "face"}  # network that ships -> the one that then takes a closer look at faces
