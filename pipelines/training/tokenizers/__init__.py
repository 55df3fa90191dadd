"""Motion tokenizers: motion features as sequences of codes, and back."""
