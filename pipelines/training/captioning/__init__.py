"""Training of a captioner, and captioning with it."""
