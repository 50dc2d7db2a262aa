"""What the package costs in time and memory: the measurements behind `trans3dhead benchmark`."""
