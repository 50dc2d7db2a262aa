"""3D head alignment: one photograph in; landmarks, the full 3D head, pose, expression and camera out."""
