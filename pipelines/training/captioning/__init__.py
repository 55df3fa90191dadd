"""Training a captioner, and captioning with it."""
