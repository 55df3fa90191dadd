"""The members that samples of all products of motion share."""

from pipelines.engine.description import Member

DETAILS = "json"
"""The member with the facts about a clip, and its captions with their times."""
TEXT = "txt"
"""The member with the texts of the captions."""
CAPTION_LINES = "the captions, one per line"
"""The meaning of `TEXT`."""

MOTION_MEMBERS = (Member(DETAILS, "see below"), Member(TEXT, CAPTION_LINES))
"""The members after the arrays."""
