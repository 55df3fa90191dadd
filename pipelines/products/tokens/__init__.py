"""Motion tokens, and motion that is decoded from them."""
