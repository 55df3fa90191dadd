"""Options that take one of several words.

A mistyped word is answered with the nearest one, as mistyped keys, splits and members are.
"""

from typing import TYPE_CHECKING, Any

import click

from shards.format.unknown_names import near

if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # it takes no type before click 8.2


class Choice(_Choice):
    """One of several words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word; its error names the nearest one."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            said = repr(value)
            meant = near(str(value), [*map(str, self.choices)])
            self.fail(error.message.replace(said, said + meant, 1), param, ctx)
