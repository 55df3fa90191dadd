"""Parts of speech of words: HumanML3D's rules, and spaCy's pipelines as taggers.

Source of the rules: `process_text` of EricGuo5513/HumanML3D.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

from motiondata.errors import InputError

if TYPE_CHECKING:
    from spacy.language import Language

SPACY_MODEL = "en_core_web_sm"
"""The pipeline that HumanML3D was tagged with."""
NO_TAG = "OTHER"
"""The part of speech of words without one in HumanML3D's word vectors."""
LEMMATIZED = ("NOUN", "VERB")
NOT_LEMMATIZED = "left"
"""The lemma of the direction would be that of the verb, leave."""
PROBE = "a person walks forward and turns around"
"""A sentence in which every pipeline for English finds parts of speech and lemmas."""

Token = tuple[str, str]
"""A word and its part of speech."""


class Word(NamedTuple):
    """A word of a sentence."""

    text: str
    lemma: str
    """Empty if unknown."""
    part: str
    """The universal part of speech, such as `NOUN`; empty if unknown."""


@dataclass(frozen=True)
class Tagger:
    """What finds the words of a sentence."""

    words: Callable[[str], Iterable[Word]]
    made_by: Mapping[str, str]
    """Everything that may change a tag, such as names and versions."""

    def tokens(self, sentence: str) -> tuple[Token, ...]:
        """Return the tokens of a sentence by HumanML3D's rules.

        Hyphens are removed, and words with other characters than letters are left out. Nouns and
        verbs are replaced by their lemmas, except `left`.
        """
        return tuple(_tokens(self.words(sentence.replace("-", ""))))


LoadTagger = Callable[[str], Tagger]
"""Returns the tagger of a name or path. Raises `InputError` if it cannot tag."""


def _tokens(words: Iterable[Word]) -> Iterator[Token]:
    for word in words:
        if word.text.isalpha():
            lemmatized = word.part in LEMMATIZED and word.text != NOT_LEMMATIZED
            yield (word.lemma or word.text) if lemmatized else word.text, word.part or NO_TAG


def load_spacy(model: str = SPACY_MODEL) -> Tagger:
    """Load a pipeline of spaCy by its name or folder.

    Raises `InputError` unless it gives parts of speech and lemmas, and `ModuleNotFoundError`
    without spaCy.
    """
    import spacy

    try:
        pipeline = spacy.load(model)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f"--tag-model {model}: expected the name or the folder of a pipeline of spaCy, which "
            f"could not be loaded ({_first_line(error)}); install the default one with: "
            f"python -m spacy download {SPACY_MODEL}"
        ) from error
    return spacy_tagger(pipeline, model)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def spacy_tagger(pipeline: "Language", model: str) -> Tagger:
    """Return the tagger of a pipeline. Raise `InputError` if it gives no tags or no lemmas."""

    def words(sentence: str) -> Iterator[Word]:
        return (Word(word.text, word.lemma_, word.pos_) for word in pipeline(sentence))

    for what, found in (("parts of speech", "part"), ("lemmas", "lemma")):
        if not any(getattr(word, found) for word in words(PROBE)):
            raise InputError(
                f"--tag-model {model}: expected a pipeline that gives {what}, found none for the "
                f"sentence {PROBE!r}; use a trained one, such as {SPACY_MODEL}"
            )
    meta = pipeline.meta
    name = f"{meta['lang']}_{meta['name']} {meta['version']}"
    return Tagger(words, {"model": name, "spacy": version("spacy")})
