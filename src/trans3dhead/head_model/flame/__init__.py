"""FLAME, for those who hold its licence: its pickle and DAD-3DHeads' index files, read as data and converted.

Nothing of FLAME or of DAD-3DHeads is part of this package; both are read from the user's own copies.
"""
