"""Import files of motion as an archive: recordings, an index, captions, and their provenance."""
