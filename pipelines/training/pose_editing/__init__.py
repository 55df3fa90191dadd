"""A model that edits a pose as a text asks, and a matcher of pairs of poses and texts."""
