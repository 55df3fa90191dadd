"""Checks of a text model on captions before training.

transformers loads a T5's folder without its tokenizer anyway, with a tokenizer that knows no word.
The captioner then learns to say nothing while its loss falls. Therefore captions must survive a
round trip through the tokenizer.
"""

from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer

from motiondata.errors import InputError
from pipelines.training.common.language_models import expect_vocabulary
from pipelines.training.common.normalize_caption import normalize_caption

TRIED = 200
"""Number of captions to try; the first ones are taken."""
SENTENCE = "a person walks forward"
"""Sentence to try if there are no captions."""
MOST_LOST = 0.05
"""Maximum share of captions that do not survive the round trip. More mean that the tokenizer cannot
write them; a few captions have a character that no vocabulary has."""


def expect_usable(
    name: str, tokenizer: Tokenizer, model: Any, unknown: int | None, captions: Sequence[str]
) -> None:
    """Raise `InputError` unless a T5 and its tokenizer fit each other and can write captions.

    `unknown` is the number of the tokenizer's unknown token.
    """
    expect_vocabulary(name, tokenizer, model.get_input_embeddings().num_embeddings)
    _check_special(name, tokenizer, model.config)
    tried = [*captions[:TRIED]] or [SENTENCE]
    lost = [caption for caption in tried if _is_lost(caption, tokenizer, unknown)]
    if len(lost) > MOST_LOST * len(tried):
        raise InputError(
            f"{name}: expected a tokenizer that can write the captions, found one that loses "
            f"{len(lost)} of the first {len(tried)}: {lost[0]!r:.100} comes back as "
            f"{_round_trip(lost[0], tokenizer)!r:.100}. Does the folder have the tokenizer "
            "of this model (tokenizer.json or spiece.model), and does the tokenizer support the "
            "language of the captions?"
        )


def _check_special(name: str, tokenizer: Tokenizer, config: Any) -> None:
    """Raise `InputError` unless the end and padding tokens are those of the configuration."""
    end = tokenizer.encode("").ids[-1:]
    if end != [config.eos_token_id]:
        raise InputError(
            f"{name}: its tokenizer ends texts with the tokens {end}, but config.json has "
            f"eos_token_id {config.eos_token_id}; expected the same token in both"
        )
    for setting in ("pad_token_id", "decoder_start_token_id"):
        token = getattr(config, setting, None)
        if not isinstance(token, int) or not 0 <= token < config.vocab_size:
            raise InputError(
                f"{name}: config.json has {setting} {token}; expected a token number, which is "
                "0 in a T5"
            )


def _is_lost(caption: str, tokenizer: Tokenizer, unknown: int | None) -> bool:
    ids = tokenizer.encode(caption).ids
    if unknown in ids:
        return True
    # A long caption is truncated: the part that is left must survive the round trip.
    captions, expected = _words(_round_trip(caption, tokenizer)), _words(caption)
    return captions != expected[: len(captions)] or (not captions and bool(expected))


def _round_trip(caption: str, tokenizer: Tokenizer) -> str:
    found: str = tokenizer.decode(tokenizer.encode(caption).ids)
    return found


def _words(text: str) -> str:
    """Return a text normalized and without spaces.

    Tokenizers may change case, spaces and punctuation.
    """
    return "".join(normalize_caption(text).split())
