"""The 68 landmarks of Multi-PIE and iBUG: 0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes, 48-67 lips."""

# Point i of the mirror image is point MIRRORED_LANDMARKS[i] of the picture.
MIRRORED_LANDMARKS: tuple[int, ...] = (
    *range(16, -1, -1),  # jaw
    *range(26, 16, -1),  # brows
    *range(27, 31),  # the bridge of the nose stays
    *range(35, 30, -1),  # nostrils
    *(45, 44, 43, 42, 47, 46),  # the right eye becomes the left one
    *(39, 38, 37, 36, 41, 40),
    *range(54, 47, -1),  # upper edge of the upper lip
    *range(59, 54, -1),  # lower edge of the lower lip
    *(64, 63, 62, 61, 60, 67, 66, 65),  # inner edges of the lips
)
