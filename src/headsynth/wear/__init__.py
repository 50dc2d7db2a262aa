"""What people wear and hold: the wardrobe, things on eyes and ears, masks; hats, hands and clothes in folders.

`accessories` and `hides` draw for one person what is on the head and what comes in front of it; the dresser does
clothes.
"""
