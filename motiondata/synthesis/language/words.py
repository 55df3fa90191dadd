"""Lexicon of the captions: the lemma and part of speech of each word.

HumanML3D's caption files have both for every word (`text_process.py`: nouns and verbs become
lemmas, punctuation is left out). In a phrase, a word that can be several parts of speech is tagged
with the one that applies, such as `steps/VERB`. Parts of speech: universaldependencies.org/u/pos.
"""

import re

_UNINFLECTED = {
    "ADJ": "left right both quick fast slow short long low high deep slight full half clockwise "
    "counterclockwise",
    "ADP": "to with in from on of at into over like",
    "ADV": "quickly fast/ADV slowly forward ahead backward backwards back/ADV sideways then "
    "finally first twice up down again high/ADV low/ADV deeply slightly still together out "
    "away left/ADV right/ADV counterclockwise/ADV clockwise/ADV straight around all",
    "CCONJ": "and",
    "DET": "a an the his her their",
    "INTJ": "hello",
    "NUM": "one two three four five six seven eight nine ten eleven twelve",
    "PRON": "someone something it them",
    "SCONJ": "while as",
    "NOUN": "person man woman hand foot leg arm floor ground circle side place spot weight head "
    "shoulder height chair fist air front way curve body waist boxing quarter other/NOUN object "
    "left/NOUN right/NOUN bend/NOUN turn/NOUN bow/NOUN squat/NOUN kick/NOUN punch/NOUN jump/NOUN "
    "step/NOUN lunge/NOUN jack/NOUN knee forehead cup mouth top/NOUN door ball chest",
}
"""Words that are their own lemma, by part of speech."""

_INFLECTED = {
    "NOUN": {
        "hands": "hand", "feet": "foot", "arms": "arm", "steps": "step", "times": "time",
        "sides": "side", "squats": "squat", "punches": "punch", "kicks": "kick",
        "jumps": "jump", "bows": "bow", "knees": "knee",
        "lunges": "lunge", "jacks": "jack", "legs": "leg", "shoulders": "shoulder", "hips": "hip",
        "wings": "wing", "circles/NOUN": "circle",
    },
    "VERB": {
        "bends": "bend", "bows/VERB": "bow", "clapping": "clap", "claps": "clap", "comes": "come",
        "does": "do", "gets": "get", "goes": "go", "jogging": "jog", "jogs": "jog",
        "jumps/VERB": "jump", "kicks/VERB": "kick", "leaps": "leap", "lifts": "lift",
        "lowers": "lower", "makes": "make", "marches": "march", "marching": "march",
        "picks": "pick", "punches/VERB": "punch", "raises": "raise", "raising": "raise",
        "reaches": "reach", "running": "run", "runs": "run", "shifts": "shift",
        "sidesteps": "sidestep", "sits": "sit", "spins": "spin", "squats/VERB": "squat",
        "stands": "stand", "starting": "start", "stays": "stay", "steps/VERB": "step",
        "stretches": "stretch", "takes": "take", "throws": "throw", "turning": "turn",
        "turns": "turn", "walks": "walk", "waves": "wave", "waving": "wave",
        "salutes/VERB": "salute", "drinks": "drink", "scratches": "scratch", "rubs": "rub",
        "knocks/VERB": "knock", "pushes": "push", "flaps": "flap", "circles/VERB": "circle",
        "swings": "swing", "puts": "put", "places/VERB": "place", "crosses": "cross",
        "folds": "fold", "leans": "lean", "twists": "twist", "lunges/VERB": "lunge",
        "jumping": "jump", "spreading": "spread", "sneaks": "sneak", "sneaking": "sneak",
    },
}  # fmt: skip
"""Inflected words and their lemmas, by part of speech."""

PUNCTUATION = ",."

_TAG = re.compile(r"/[A-Z]+")


def tokens_of(phrase: str) -> str:
    """Return `lemma/POS` for each word of a tagged phrase; raise `KeyError` for unknown words."""
    return " ".join(LEXICON[word.strip(PUNCTUATION)] for word in phrase.split())


def plain(phrase: str) -> str:
    """Return a tagged phrase without its tags."""
    return _TAG.sub("", phrase)


def _lexicon() -> dict[str, str]:
    lexicon = {
        word: f"{word.partition('/')[0]}/{part}"
        for part, words in _UNINFLECTED.items()
        for word in words.split()
    }
    for part, lemmas in _INFLECTED.items():
        lexicon |= {word: f"{lemma}/{part}" for word, lemma in lemmas.items()}
    return lexicon


LEXICON = _lexicon()
"""Maps each word of the captions, as tagged in phrases, to its token."""
