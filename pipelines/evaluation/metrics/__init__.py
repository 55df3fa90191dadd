"""Metrics of captions: BLEU, ROUGE-L, CIDEr-D, BERTScore."""
