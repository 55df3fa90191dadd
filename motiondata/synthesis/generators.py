"""Random generators keyed by what they are for, so that a clip is the same in every corpus."""

import numpy as np

_STREAMS = {"recording": 0, "subject": 1, "captions": 2}


def generator(seed: int, stream: str, number: int) -> np.random.Generator:
    """Return the generator of one recording, subject or clip of a seed's corpora."""
    return np.random.default_rng([seed, _STREAMS[stream], number])
