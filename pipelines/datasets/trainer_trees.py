"""Folders of motion features in the layouts that public trainers read.

Sources: the loaders of EricGuo5513/text-to-motion (HumanML3D, KIT-ML), zju3dv/MotionStreamer, and
VankouF/MotionMillion-Codes. docs/export.md describes the folders.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from motiondata.captions import Caption, details_to_captions
from pipelines.datasets.export_layouts import Layout
from pipelines.datasets.file_groups import Line
from pipelines.datasets.word_tags import NO_TAG, Tagger, Token
from pipelines.engine.description import Member
from pipelines.products.descriptions import describe_dataset
from shards.errors import DatasetError, MemberError
from shards.format.dataset import Dataset
from shards.format.members import decode_member
from shards.format.npy import array_to_npy
from shards.format.places import read_file
from shards.format.self_hashed_json import from_self_hashed_json
from shards.stats.standardizer import read_standardizer
from shards.stats.statistics_files import STATS_JSON, StatisticsKey
from shards.stats.std_groups import GroupRule
from shards.stream.field_reader import MemberSpans
from shards.stream.selection import Selection

DETAILS = "json"
SEPARATOR = "#"
"""Separates the fields of a line of text. Loaders split at every one."""
JOINED: Mapping[str, tuple[str, ...]] = {"train_val": ("train", "val")}
"""The lists of several splits, by name."""
ALL = "all"


@dataclass(frozen=True)
class ClipList:
    """A list of the clips of a split."""

    folder: str
    least: int = 1
    """The minimum number of rows of a clip in the list."""
    most: int | None = None
    """The maximum number of rows; None: no limit."""
    with_text: bool = False
    """List only clips with a line of text."""

    def name(self, split: str) -> str:
        """Return the path of the list of a split."""
        return f"{self.folder}{split}.txt"


@dataclass(frozen=True)
class Tree:
    """A layout of folders. Paths are relative to the folder of the export."""

    vectors: str
    """The folder of features."""
    statistics: tuple[str, str]
    """The files of mean and standard deviation."""
    lists: tuple[ClipList, ...]
    tagged: bool = True
    """Whether a line of text has tokens and seconds. Otherwise it is a caption of a whole clip."""
    with_joints: bool = False
    """Whether `new_joints` has the joints that the features give."""


class TrainerTree(Layout):
    """Features, texts, statistics and lists of clips, as a trainer reads them."""

    tree: ClassVar[Tree]

    def __init__(
        self,
        dataset: Dataset,
        selection: Selection,
        member: Member,
        seed: int,
        tagger: Tagger | None = None,
    ) -> None:
        super().__init__(dataset, selection, member, seed)
        self._tagger = tagger
        self._details = MemberSpans.of(dataset, self._rows, DETAILS)
        self._recovery = describe_dataset(dataset).recovery(dataset)

    @classmethod
    def shared_files(cls, dataset: Dataset, field: str) -> Mapping[str, bytes]:
        """Return the files of mean and standard deviation, by name."""
        product = describe_dataset(dataset)
        found = _statistics(dataset, field, str(product.std_groups))
        arrays = product.trainer_statistics(*found)
        return {
            name: array_to_npy(np.asarray(array, np.float32))
            for name, array in zip(cls.tree.statistics, arrays, strict=True)
        }

    @classmethod
    def joined_lists(cls, layouts: Sequence[Layout]) -> Mapping[str, Iterable[Line]]:
        """Return the lists of `train` with `val`, and of all splits."""
        of_split = {layout.split: layout.lists() for layout in layouts}
        joined = {name: of for name, of in JOINED.items() if {*of} <= {*of_split}}
        joined |= {ALL: tuple(of_split)}
        return {
            clips.name(name): [
                line for split in splits for line in of_split[split][clips.name(split)]
            ]
            for name, splits in joined.items()
            if name not in of_split
            for clips in cls.tree.lists
        }

    def names(self, group: int) -> Sequence[str]:
        """Return the names of a clip's features, of its joints where there are some, and texts."""
        key = self.keys[group]
        joints = [f"new_joints/{key}.npy"] if self.tree.with_joints else []
        return [f"{self.tree.vectors}/{key}.npy", *joints, f"texts/{key}.txt"]

    def contents(self, group: int) -> Iterator[bytes]:
        """Yield the bytes of the files."""
        vectors = self._clip(self._reader, group).astype(np.float32, copy=False)
        yield array_to_npy(vectors)
        if self.tree.with_joints:
            yield array_to_npy(self._recovery.recover(vectors)[0])
        yield "".join(f"{line}\n" for line in self._texts(group)).encode()

    def lists(self) -> Mapping[str, list[Line]]:
        """Return the keys of the clips in each list of the split."""
        return {clips.name(self.split): [*self._listed(clips)] for clips in self.tree.lists}

    def listed(self, group: int) -> Iterator[Line]:
        """Yield the key of a clip."""
        yield (self.keys[group],)

    def _listed(self, clips: ClipList) -> Iterator[Line]:
        for group, rows in enumerate(self.lengths.tolist()):
            fits = clips.least <= rows <= (clips.most or rows)
            if fits and (not clips.with_text or self._texts(group)):
                yield from self.listed(group)

    def _texts(self, group: int) -> list[str]:
        """Return the lines of text of a clip."""
        captions = self._captions(group)
        if self.tree.tagged:
            return [tagged_line(caption, self._tagger) for caption in captions]
        return [caption.text for caption in captions if caption.is_whole_clip]

    def _captions(self, group: int) -> list[Caption]:
        try:
            [data] = self._details.read(self._files, [group])
            details: Any = decode_member(DETAILS, data)
            return details_to_captions(details)
        except (ValueError, MemberError) as error:
            raise DatasetError(f"{self.keys[group]}.{DETAILS}", str(error)) from error


def tagged_line(caption: Caption, tagger: Tagger | None = None) -> str:
    """Return a caption as HumanML3D's line: sentence, tokens, start and end in seconds.

    A separator within the sentence or its tokens becomes a space. A caption without tokens is
    tagged by `tagger`. If that finds no words or is None, each word has the tag `NO_TAG`, because
    trainers split every token into a word and its tag.
    """
    made = () if tagger is None or caption.tokens else tagger.tokens(caption.text)
    tokens = " ".join("/".join(token) for token in caption.tokens or made or _untagged(caption))
    words = (text.replace(SEPARATOR, " ") for text in (caption.text, tokens))
    return SEPARATOR.join([*words, *map(str, caption.seconds)])


def _untagged(caption: Caption) -> Iterator[Token]:
    for word in caption.text.lower().replace("/", " ").split():
        yield word, NO_TAG


def _statistics(
    dataset: Dataset, field: str, rule: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the exact mean and grouped standard deviation that `motiondata stats` wrote.

    A standard deviation of 0 is 1. Raises `ShardError` with the command if there are none.
    """
    split = dataset.default_split()
    read_standardizer(dataset, split, field, rule=rule)
    key = StatisticsKey(dataset.content_hash, split, field, group_rule=GroupRule({}, rule))
    name = f"{key.folder}/{STATS_JSON}"
    found = from_self_hashed_json(read_file(dataset.place, name), name)
    mean, std = (np.array(found[part], np.float64) for part in ("mean", "group_std"))
    return mean, np.where(std == 0, 1.0, std)


class HumanML3DTree(TrainerTree):
    """HumanML3D's folder."""

    tree = Tree("new_joint_vecs", ("Mean.npy", "Std.npy"), (ClipList(""),), with_joints=True)


class KitTree(TrainerTree):
    """KIT-ML's folder, as HumanML3D's trainers read it."""

    tree = Tree("new_joint_vecs", ("Mean.npy", "Std.npy"), (ClipList(""),), with_joints=True)


class MotionStreamerTree(TrainerTree):
    """MotionStreamer's folder."""

    tree = Tree(
        "motion_data",
        ("mean_std/Mean.npy", "mean_std/Std.npy"),
        (ClipList("split/"),),
    )


class MotionMillionTree(TrainerTree):
    """MotionMillion's folder."""

    tree = Tree(
        "motion_data/vector_272",
        ("mean_std/vector_272/mean.npy", "mean_std/vector_272/std.npy"),
        (
            ClipList("split/version1/t2m_60_300/", 60, 300, with_text=True),
            ClipList("split/version1/tokenizer_96/", 96),
        ),
        tagged=False,
    )


TRAINER_TREES: dict[str, type[TrainerTree]] = {
    "humanml3d": HumanML3DTree,
    "kit": KitTree,
    "motionstreamer": MotionStreamerTree,
    "motionmillion": MotionMillionTree,
}
"""The layouts, by format."""
