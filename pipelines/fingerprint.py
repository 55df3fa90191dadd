"""A plan's fingerprint: what it was made from, so that a run knows what it may go on with."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from motiondata import __version__
from motiondata.humanml3d.splits import SPLITS
from pipelines.inputs import InputPaths, digest_files, digest_json, file_stats, parameters_of
from pipelines.options import BuildOptions
from pipelines.plan import Plan, PlannedClip
from pipelines.tools import Tools
from shards.description import FORMAT_VERSION

SHARDS = "plan of samples and shards"
NAMED_FILES = 3
"""How many changed files a refusal names."""


class Kept(NamedTuple):
    """A shard of an earlier plan that stays as it is."""

    plan: str
    """The hash of that plan, which the shard's receipt answers."""
    keys: list[str]
    """The keys of its samples."""


@dataclass(frozen=True)
class Fingerprint:
    """What decides a dataset's bytes: two equal fingerprints give equal datasets."""

    format: int
    """The version of the dataset's format."""
    software: str
    """The version of this program: another one's arithmetic may differ in a last bit."""
    parameters: dict[str, Any]
    """Every parameter of the build."""
    contents: dict[str, str]
    """The hash of what each small input holds, and of which samples go to which shards."""
    stats: dict[str, dict[str, str]]
    """The size and time of last change of each recording and each file of captions, by name."""
    kept: dict[str, Kept] = field(default_factory=dict)
    """The shards of earlier plans, by name, to which a retry of dropped rows has added."""

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Fingerprint":
        """Read what `asdict` has made."""
        kept = {name: Kept(*shard) for name, shard in document.pop("kept").items()}
        return cls(**document, kept=kept)

    @property
    def hash(self) -> str:
        """Return the hash of it all: what a receipt answers."""
        return digest_json(asdict(self))

    @property
    def hash_of_contents(self) -> str:
        """Return the hash without times, which the same inputs on another machine have too."""
        return digest_json([self.format, self.parameters, self.contents])

    def answered(self, shards: Iterable[str]) -> dict[str, str]:
        """Return the hash of the plan that each shard's receipt has to answer."""
        mine = self.hash
        return {name: self.kept[name].plan if name in self.kept else mine for name in shards}

    def about(self, files: Mapping[str, Set[str]]) -> "Fingerprint":
        """Return what of it is about these recordings and captions, wherever they are placed."""
        contents = {name: value for name, value in self.contents.items() if name != SHARDS}
        stats = {
            kind: {name: stat for name, stat in self.stats[kind].items() if name in files[kind]}
            for kind in files
        }
        return replace(self, contents=contents, stats=stats, kept={})

    def differences(self, now: "Fingerprint") -> Iterator[str]:
        """Say in words what has changed since this fingerprint was taken."""
        if self.format != now.format:
            yield f"format version: {self.format} -> {now.format}"
        if self.software != now.software:
            yield f"motiondata: {self.software} -> {now.software}"
        for name in _changed(self.parameters, now.parameters):
            yield f"{name}: {self.parameters.get(name)} -> {now.parameters.get(name)}"
        yield from (f"the {name} changed" for name in _changed(self.contents, now.contents))
        for kind in now.stats:
            files = _changed(self.stats.get(kind, {}), now.stats[kind])
            if files:
                more = len(files) - NAMED_FILES
                named = ", ".join(files[:NAMED_FILES]) + (f" and {more} more" if more > 0 else "")
                yield f"the {kind} changed: {named}"


def _changed(before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """Return the names whose values differ, or that only one of both has, in order."""
    names = dict.fromkeys([*before, *now])
    return [name for name in names if before.get(name) != now.get(name)]


def take_fingerprint(
    options: BuildOptions,
    paths: InputPaths,
    plan: Plan,
    tools: Tools,
    kept: dict[str, Kept] | None = None,
) -> Fingerprint:
    """Take the fingerprint of a plan; bodies and sensor count by what they hold.

    `kept` are the shards of earlier plans that this one was made around.
    """
    lists = {name: paths.splits / f"{name}.txt" for name in SPLITS} if paths.splits else {}
    shards = [(shard.name, digest_json(list(map(_identity, shard.clips)))) for shard in plan.shards]
    contents = {
        "index": digest_files([options.index]),
        **{f"list {name}": digest_files([path]) for name, path in lists.items()},
        "body": tools.bodies_id,
        "sensor": tools.sensor_id,
        SHARDS: digest_json(shards),
    }
    recordings = sorted({clip.recording for clip in plan.clips})
    stats = {
        "recordings": file_stats(options.amass, recordings),
        "captions": _caption_stats(paths.texts, plan),
    }
    parameters = parameters_of(options, tools.sensor.name)
    return Fingerprint(FORMAT_VERSION, __version__, parameters, contents, stats, kept or {})


def _identity(clip: PlannedClip) -> list[object]:
    row = clip.row
    keys = [sample.key for sample in clip.samples]
    return [row.number, row.start_frame, row.end_frame, clip.recording, keys]


def _caption_stats(texts: Path | None, plan: Plan) -> dict[str, str]:
    if texts is None:
        return {}
    wanted = {f"{sample.name}.txt" for clip in plan.clips for sample in clip.samples}
    return file_stats(texts, sorted(wanted & {path.name for path in texts.iterdir()}))
