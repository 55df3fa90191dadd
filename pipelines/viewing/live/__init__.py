"""A local page on which every clip of a dataset plays: it reads one clip at a time."""
