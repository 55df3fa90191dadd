"""The members and flags that samples of all products of motion share."""

from pipelines.engine.description import FlagMeaning, Member

DETAILS = "json"
"""The member with the facts about a clip, and its captions with their times."""
TEXT = "txt"
"""The member with the texts of the captions."""
CAPTION_LINES = "the captions, one per line"
"""The meaning of `TEXT`."""

MOTION_MEMBERS = (Member(DETAILS, "see below"), Member(TEXT, CAPTION_LINES))
"""The members after the arrays."""

SYNTHETIC = "synthetic"
"""The key in a sample's JSON, and the flag in the manifest, that mark synthetic motion."""

MOTION_FLAGS = {
    SYNTHETIC: FlagMeaning(
        "synthetic motion",
        "made by a program, with nothing of AMASS in it, whatever the name of the subset",
    )
}
"""The flags whose numbers are reported. All other flags mark clips to review."""
