"""The folders of captions and split lists that a build reads in addition to the recordings."""

from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import InputError
from motiondata.sources.humanml3d.splits import SPLITS
from pipelines.clips.options import ClipSelection

ARCHIVE = "texts.zip"
"""The name of the archive of captions in a download of HumanML3D."""


@dataclass(frozen=True)
class InputFolders:
    """The folders of captions and split lists that a build uses; None if there is none."""

    texts: Path | None
    splits: Path | None
    texts_zip: Path | None = None
    """An archive of captions that was found instead of a folder of captions."""

    @property
    def warnings(self) -> list[str]:
        """Warnings about absent folders: what is absent, the consequence, and what to unpack."""
        absent = []
        if self.texts is None:
            absent.append(
                "no captions: no --texts was given, and none lies next to the index or recordings"
            )
        if self.texts_zip is not None:
            absent.append(f"{self.texts_zip} was not read: unpack it to have its captions")
        if self.splits is None:
            absent.append(
                "one split, all: no --splits was given, and none lie next to the index or "
                "recordings"
            )
        return absent


def find_input_folders(selection: ClipSelection) -> InputFolders:
    """Find the folders of captions and split lists.

    Folders that are not named are searched next to the index or, without an index, in the folder of
    recordings. Raises `InputError` if a named folder does not exist.
    """
    folder = selection.index.parent if selection.has_index else selection.amass
    texts = _named(selection.texts, "texts") or (
        folder / "texts" if (folder / "texts").is_dir() else None
    )
    has_lists = any((folder / f"{split}.txt").is_file() for split in SPLITS)
    splits = _named(selection.splits, "splits") or (folder if has_lists else None)
    return InputFolders(texts, splits, _archive_in_place_of(texts, folder))


def _archive_in_place_of(texts: Path | None, folder: Path) -> Path | None:
    """Return the path of `texts.zip` if no folder of captions, or an empty one, was found."""
    if texts is not None and any(texts.iterdir()):
        return None
    archives = [folder / ARCHIVE, *([texts / ARCHIVE, texts.parent / ARCHIVE] if texts else [])]
    return next((archive for archive in archives if archive.is_file()), None)


def _named(folder: Path | None, option: str) -> Path | None:
    if folder is not None and not folder.is_dir():
        raise InputError(f"{folder}: expected a folder for --{option}, found none")
    return folder
