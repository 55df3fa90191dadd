"""A plan's fingerprint: what it was made from, so that a run knows what it may go on with."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from motiondata.humanml3d.splits import SPLITS
from pipelines.inputs import InputPaths, digest_files, digest_json, digest_stats, parameters_of
from pipelines.options import BuildOptions
from pipelines.plan import Plan, PlannedClip
from pipelines.tools import Tools
from shards.description import FORMAT_VERSION


@dataclass(frozen=True)
class Fingerprint:
    """What decides a dataset's bytes: two equal fingerprints give equal datasets."""

    format: int
    """The version of the dataset's format."""
    parameters: dict[str, Any]
    """Every parameter of the build."""
    contents: dict[str, str]
    """The hash of what each small input holds, and of which samples go to which shards."""
    stats: dict[str, str]
    """The hash of the names, sizes and times of last change of recordings and captions."""

    @property
    def hash(self) -> str:
        """Return the hash of it all: what a receipt answers."""
        return digest_json(asdict(self))

    @property
    def hash_of_contents(self) -> str:
        """Return the hash without times, which the same inputs on another machine have too."""
        return digest_json([self.format, self.parameters, self.contents])

    def differences(self, now: "Fingerprint") -> Iterator[str]:
        """Say in words what has changed since this fingerprint was taken."""
        if self.format != now.format:
            yield f"format version: {self.format} -> {now.format}"
        for name, value in now.parameters.items():
            if self.parameters.get(name) != value:
                yield f"{name}: {self.parameters.get(name)} -> {value}"
        before, after = {**self.contents, **self.stats}, {**now.contents, **now.stats}
        yield from (f"the {name} changed" for name in after if before.get(name) != after[name])


def take_fingerprint(
    options: BuildOptions, paths: InputPaths, plan: Plan, tools: Tools
) -> Fingerprint:
    """Take the fingerprint of a plan; bodies and sensor count by what they hold."""
    lists = [paths.splits / f"{name}.txt" for name in SPLITS] if paths.splits else []
    shards = [(shard.name, digest_json(list(map(_identity, shard.clips)))) for shard in plan.shards]
    contents = {
        "index": digest_files([options.index]),
        "split lists": digest_files(lists),
        "body": tools.bodies_id,
        "sensor": tools.sensor_id,
        "plan of samples and shards": digest_json(shards),
    }
    recordings = sorted({clip.recording for clip in plan.clips})
    stats = {
        "recordings": digest_stats(options.amass, recordings),
        "captions": _digest_captions(paths.texts, plan),
    }
    return Fingerprint(FORMAT_VERSION, parameters_of(options, tools.sensor.name), contents, stats)


def _identity(clip: PlannedClip) -> list[object]:
    row = clip.row
    keys = [sample.key for sample in clip.samples]
    return [row.number, row.start_frame, row.end_frame, clip.recording, keys]


def _digest_captions(texts: Path | None, plan: Plan) -> str:
    if texts is None:
        return digest_json([])
    wanted = {f"{sample.name}.txt" for clip in plan.clips for sample in clip.samples}
    return digest_stats(texts, sorted(wanted & {path.name for path in texts.iterdir()}))
