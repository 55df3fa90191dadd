"""Videos, animations and pictures of one clip, drawn without a display."""
