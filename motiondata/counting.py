"""Format counts with their nouns for messages and reports: `1 shard`, `1,320 shards`."""


def counted(number: int, noun: str) -> str:
    """Format a number and its noun; the plural is the noun with an `s`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
