"""Annotations, data sets on disk, crops with augmentation, and the targets that losses and metrics see."""
