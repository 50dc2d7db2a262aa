"""Hair of the head and of the face: grown on the scalp or taken from an assets folder."""
