"""Training: from points or features to captions, in plain PyTorch; needs the extra `train`."""
