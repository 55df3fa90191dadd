"""Evaluation of generated motion against real motion, by a matcher of motion and text."""
