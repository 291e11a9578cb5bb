"""A run: its folder, the training loop, checkpoints, the display and the pictures."""
