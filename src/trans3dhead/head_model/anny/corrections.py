"""Corrections by hand to the landmarks that ICT-FaceKit's fit gives, judged on renders and on AFLW2000-3D's own points.

The head's left and the midline; the right follows by the mirror.
"""

# Lids and lips are put on vertices of the mesh, so that they open and close with it: base-mesh vertex -> weight.
PICKS: dict[int, dict[int, float]] = {
    42: {13365: 1.0},  # where the lids meet beside the nose; ICT's point came down on the lower lid
    43: {13359: 1.0},  # the edge of the upper lid, at a third of the way
    44: {13353: 1.0},  # and at two thirds
    45: {13376: 1.0},  # where the lids meet outside; the nearest skin to ICT's point is 4 mm behind it, in the socket
    46: {6825: 1.0},  # the edge of the lower lid
    47: {6831: 0.5, 6834: 0.5},
    53: {7207: 1.0},  # the upper edge of the red of the lip
    54: {7249: 1.0},  # the corner of the mouth; ICT's point fell 3 mm short of it
    62: {474: 1.0},  # the inner edge of the upper lip, hidden behind the lower one while the mouth is shut
    63: {7227: 1.0},  # at a third of the way to the corner
    64: {7204: 1.0},
    65: {7265: 0.5, 7242: 0.5},  # the inner edge of the lower lip
    66: {523: 1.0},
}

# Millimetres on Anny's default identity in head axes (x to the head's left, y up, z out of the face), before the point
# is put on the nearest skin.
OFFSETS: dict[int, tuple[float, float, float]] = {
    # Jaw: ICT's contour runs over the cheeks; AFLW2000-3D's lies 2 cm further back and up to 1 cm lower, along the edge
    # of the jaw bone and up to the front of the ear.
    8: (0.0, -3.6, -1.1),
    9: (6.9, -1.4, -7.5),
    10: (6.9, 3.6, -8.4),
    11: (5.6, 3.9, -10.4),
    12: (-0.1, -0.7, -17.3),
    13: (0.3, -3.7, -22.5),
    14: (2.2, -5.4, -21.8),
    15: (2.1, -4.7, -18.8),
    16: (2.2, -8.9, -19.6),
    # Brows: Anny's, and the strips that MakeHuman's brows are drawn on, lie lower than ICT's. The points run along the
    # upper edge of the hair, the inner end a little outside of it, as AFLW2000-3D's do.
    22: (7.6, -6.5, -3.7),
    23: (4.8, -7.1, -5.2),
    24: (0.3, -7.8, -5.1),
    25: (-0.8, -7.6, -4.3),
    26: (-1.4, -6.1, -2.4),
    # Ridge of the nose: it begins between the lids, not above them.
    27: (0.0, -2.9, 0.0),
    28: (0.0, -2.7, 0.0),
    29: (0.0, -2.9, 0.0),
    30: (0.0, -0.8, 0.0),
    # Base of the nose: up to where it meets the lip, the outer ones onto the rims of the nostrils.
    33: (0.0, 2.6, 3.1),
    34: (0.0, 2.3, 0.5),
    35: (-1.2, 4.4, -0.2),
    # The outer edges of the lips, to the border of the red in MakeHuman's skins.
    52: (0.1, 1.0, 1.4),
    55: (-0.1, -1.0, -0.4),
    56: (-0.2, -1.5, -1.9),
    57: (0.0, -1.9, -0.8),
}
