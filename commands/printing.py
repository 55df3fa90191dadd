"""What commands print: the one place through which text from outside reaches a terminal."""

import click

from shards.printable import printable


def say(text: str, err: bool = False) -> None:
    """Print a report or a sentence, with the characters that a terminal obeys spelled out."""
    click.echo(printable(text), err=err)
