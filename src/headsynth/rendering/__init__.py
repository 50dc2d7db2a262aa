"""How a picture comes about: ray casting, materials, light, and the camera that develops it."""
