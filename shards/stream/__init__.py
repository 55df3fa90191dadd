"""Streaming batches of clips, frames or windows to a trainer."""
