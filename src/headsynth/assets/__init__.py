"""The assets folder: MakeHuman's files as they are read, and an asset cut down to what can be rendered."""
