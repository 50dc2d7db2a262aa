"""Who is photographed: identity, expression, pose, skin, eyes, and the base mesh that carries them."""
