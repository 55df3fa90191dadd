"""Draw docs/sources.png: synthetic motion through each source of motion, to a body and a scan."""
