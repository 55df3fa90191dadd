"""What the author of a card says of a dataset."""

from dataclasses import dataclass

PREVIEWED = 3


@dataclass(frozen=True)
class CardOptions:
    """The options of a card."""

    name: str | None = None
    """Name of the dataset [default: that of its folder]."""
    url: str | None = None
    """Page of the dataset [default: its content hash, as a URN]."""
    creator: str | None = None
    """Who publishes the dataset."""
    cite: str | None = None
    """How to cite the dataset."""
    date: str | None = None
    """Date of publication, YYYY-MM-DD [default: today]."""
    permission: str | None = None
    """Permission of the owners of recordings whose license forbids publishing; the card says it."""
    clips: int = PREVIEWED
    """Clips in the preview; 0 for no preview."""
