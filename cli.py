"""The command line: all commands, and the sentence and exit code that each may end with.

A command translates its options into one call of `pipelines` and prints the report.
"""

import errno
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from commands import (
    build,
    comparing,
    datasets,
    editing,
    exporting,
    machine,
    matching,
    pairs,
    pose_editing,
    publishing,
    scanning,
    sources,
    tokens,
    training,
    viewing,
    written_motion,
)
from commands.printing import say
from commands.recipes import add_recipe
from commands.verbosity import add_verbosity
from motiondata import __version__
from motiondata.errors import MotionDataError
from motiondata.extras import how_to_install
from pipelines.engine.errors import AbortedError
from pipelines.engine.reports import ABORTED, WRONG_INPUT
from pipelines.engine.streams import give_up
from shards.errors import ShardError

INTERRUPTED = "interrupted; run the same command again to resume from what is finished, if anything"


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM end a command as SIGINT does, so that it cleans up."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Commands(click.Group):
    """A group whose commands end in one sentence, not in a traceback, whatever stops them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands in the order of work, which click would sort."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _terminated_as_interrupted():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            _exit(ctx, ABORTED, INTERRUPTED)
        except AbortedError as error:
            _exit(ctx, ABORTED, str(error))
        except ModuleNotFoundError as error:
            sentence = how_to_install(error.name or "")
            if sentence is None:
                raise
            _exit(ctx, WRONG_INPUT, sentence)
        except OSError as error:
            if error.errno == errno.EPIPE:  # nobody reads on: click ends without a word
                raise
            _exit(ctx, ABORTED, _sentence(error))
        except (MotionDataError, ShardError) as error:
            _exit(ctx, WRONG_INPUT, str(error))


def _sentence(error: OSError) -> str:
    """Return where the system refused and why; its own text begins with a number."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def _exit(ctx: click.Context, code: int, sentence: str) -> None:
    try:
        say(f"motiondata: {sentence}", err=True)
    except OSError:  # a log on a full disk: the exit code tells it
        give_up(sys.stderr)
    ctx.exit(code)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="motiondata")
def main() -> None:
    """Motion-capture archives in, training-ready LiDAR shards out."""


COMMANDS = (
    sources.demo,
    sources.synthesize,
    sources.import_motion,
    sources.import_cmu,
    build.build_lidar,
    build.build_features,
    pairs.build_pose_pairs,
    build.build_pfnn,
    datasets.verify,
    datasets.copy,
    datasets.info,
    datasets.recipe,
    datasets.stats,
    editing.query,
    editing.filter_samples,
    editing.select,
    editing.split,
    editing.merge,
    editing.add_member,
    editing.drop_member,
    editing.rename_keys,
    editing.reshard,
    datasets.preview,
    viewing.report,
    viewing.view,
    viewing.render,
    comparing.compare,
    publishing.card,
    publishing.publish,
    exporting.export,
    exporting.recover,
    scanning.scan,
    scanning.sensors,
    training.align,
    build.encode,
    training.train_captioner,
    tokens.train_tokenizer,
    tokens.tokenize,
    tokens.detokenize,
    matching.train_matcher,
    matching.evaluate_motion,
    pose_editing.train_pose_editor,
    pose_editing.train_pair_matcher,
    pose_editing.edit_pose,
    pose_editing.evaluate_pose_editor,
    tokens.train_language,
    written_motion.generate,
    written_motion.generate_split,
    written_motion.predict,
    written_motion.inbetween,
    training.caption,
    training.evaluate,
    training.robustness,
    machine.doctor,
)
WITH_RECIPES = (
    build.build_lidar,
    build.build_features,
    pairs.build_pose_pairs,
    build.build_pfnn,
    build.encode,
    editing.filter_samples,
    editing.select,
    editing.split,
    editing.merge,
    editing.add_member,
    editing.drop_member,
    editing.rename_keys,
    editing.reshard,
    training.align,
    training.train_captioner,
    tokens.train_tokenizer,
    matching.train_matcher,
    pose_editing.train_pose_editor,
    pose_editing.train_pair_matcher,
    tokens.train_language,
    tokens.tokenize,
    tokens.detokenize,
    written_motion.generate_split,
)
"""The commands that build a dataset or train a model: their options can be in a file."""

for command in WITH_RECIPES:
    add_recipe(command)
for command in COMMANDS:
    main.add_command(add_verbosity(command))


if __name__ == "__main__":
    main()
