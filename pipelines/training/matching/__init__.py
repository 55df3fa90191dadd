"""The matcher of motion and text, which measures generated motion."""
