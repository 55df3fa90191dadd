"""Text encoders of the alignment: one vector per caption, by any model of Hugging Face's format."""
