"""What a dataset needs to be published: a card, metadata, a preview, and the right to do so."""
