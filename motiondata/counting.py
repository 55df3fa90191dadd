"""Format counts with their nouns for messages and reports: `1 shard`, `1,320 shards`."""


def counted(number: int, noun: str) -> str:
    """Format a number and its noun; the plural is the noun with an `s`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def counted_units(number: int, units: str) -> str:
    """Format a number and its unit, which is given in the plural: `1 mesh`, `2 parts of a page`."""
    plural, space, rest = units.partition(" ")
    singular = plural.removesuffix("es" if plural.endswith(("ches", "shes")) else "s")
    return f"{number:,} {singular if number == 1 else plural}{space}{rest}"
