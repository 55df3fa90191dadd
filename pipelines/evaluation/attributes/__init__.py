"""Attributes of clips, such as content and style: captions read back, and a linear probe."""
