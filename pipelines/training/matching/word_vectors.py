"""Word vectors and parts of speech, as the evaluator of HumanML3D reads captions.

A caption is its lemmatized words with their parts of speech: `a/DET person/NOUN walk/VERB`. Words
of five lists, such as places and body parts, have a part of speech of their list.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.unpickling import unpickle
from motiondata.errors import InputError
from pipelines.training.common.checkpoints import MALFORMED

VECTORS, WORDS, NUMBERS = "our_vab_data.npy", "our_vab_words.pkl", "our_vab_idx.pkl"
"""Files of the published vocabulary: vectors, words, and the number of the vector of each word."""
UNKNOWN, START, END, OTHER = "unk", "sos", "eos", "OTHER"
MAX_STEPS = 2**20
"""Maximum number of opcodes of a pickle; the published ones have a few for each of some thousand
words."""
LONGEST = 20
"""Maximum number of words that are read."""
PARTS = (
    "VERB", "NOUN", "DET", "ADP", "NUM", "AUX", "PRON", "ADJ", "ADV",
    "Loc_VIP", "Body_VIP", "Obj_VIP", "Act_VIP", "Desc_VIP", OTHER,
)  # fmt: skip
"""Parts of speech, in the order of their numbers."""
LISTS: Mapping[str, str] = {
    "Loc_VIP": "left right clockwise counterclockwise anticlockwise forward back backward up down "
    "straight curve",
    "Body_VIP": "arm chin foot feet face hand mouth leg waist eye knee shoulder thigh",
    "Obj_VIP": "stair dumbbell chair window floor car ball handrail baseball basketball",
    "Act_VIP": "walk run swing pick bring kick put squat throw hop dance jump turn stumble stop "
    "sit lift lower raise wash stand kneel stroll rub bend balance flap jog shuffle lean rotate "
    "spin spread climb",
    "Desc_VIP": "slowly carefully fast careful slow quickly happy angry sad happily angrily sadly",
}
_LIST_OF = {word: part for part, words in LISTS.items() for word in words.split()}


@dataclass(frozen=True, eq=False)
class WordVectors:
    """A vector for each known word."""

    vectors: NDArray[np.float32]
    """Shaped (words, width)."""
    numbers: Mapping[str, int]
    """The row of each word."""

    def read(self, caption: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the vectors (words, width) and one-hot parts of speech (words, parts).

        `caption` is words with their parts of speech, such as `walk/VERB`; a start and an end are
        added. Unknown words have the vector of `unk`, and no part of speech.
        """
        tagged = [_split(word) for word in caption.split()[:LONGEST]]
        words = [self._known(*each) for each in ((START, OTHER), *tagged, (END, OTHER))]
        rows = [self.numbers[word] for word, _ in words]
        parts = np.eye(len(PARTS), dtype=np.float32)[[PARTS.index(part) for _, part in words]]
        return self.vectors[rows], parts

    def _known(self, word: str, part: str) -> tuple[str, str]:
        if word not in self.numbers:
            return UNKNOWN, OTHER
        part = _LIST_OF.get(word, part)
        return word, part if part in PARTS else OTHER


def _split(tagged: str) -> tuple[str, str]:
    word, _, part = tagged.rpartition("/")
    return word, part


def read_word_vectors(folder: Path) -> WordVectors:
    """Return the vectors in a folder with the three published files.

    Raises `InputError` if one is missing, or has other contents.
    """
    try:
        vectors = np.load(folder / VECTORS, allow_pickle=False).astype(np.float32)
        words, numbers = (_unpickle(folder / name) for name in (WORDS, NUMBERS))
        known = {str(word): int(numbers[word]) for word in words}
        if vectors.ndim != 2 or not 0 <= min(known.values()) <= max(known.values()) < len(vectors):
            raise ValueError(f"vectors shaped {vectors.shape} of {len(known)} words")
        if lacks := {UNKNOWN, START, END} - {*known}:
            raise ValueError(f"no word {min(lacks)!r}")
    except (OSError, *MALFORMED) as error:
        raise InputError(
            f"{folder}: expected word vectors in {VECTORS}, {WORDS} and {NUMBERS}, found {error}"
        ) from error
    return WordVectors(vectors, known)


def _unpickle(path: Path) -> Any:
    return unpickle(path.read_bytes(), str(path), "words, or their numbers", MAX_STEPS)
