"""The errors of `motiondata`, and the reasons for which a row yields no sample.

One tree, so that a caller can catch everything this package says to people with one `except`;
everything else that is raised is a bug. A message says what was expected, what was found, where,
and what to do.
"""

from enum import StrEnum


class MotionDataError(Exception):
    """Wrong input, or a device that cannot do the work, said in one sentence for a person."""


class InputError(MotionDataError):
    """Raised when a file or an option that the user named is not what it has to be."""


class DeviceError(MotionDataError):
    """Raised when the device that was asked for is not there, or has not enough memory."""


class DropReason(StrEnum):
    """Why a row of an index yields no sample."""

    HUMANACT12 = "humanact12"
    """HumanAct12 rows have joint positions only: there is no pose to drive a body with."""
    MISSING = "missing"
    """No recording lies under the archive's root for this row."""
    NO_SPLIT = "no_split"
    """Split lists were given, and none of them names this row."""
    AMBIGUOUS = "ambiguous"
    """Several recordings match this row equally well."""
    WRONG_RELEASE = "wrong_release"
    """The recording is of a release (SMPL-X) whose frame numbers differ from the index's."""
    UNREADABLE = "unreadable"
    """The recording is truncated, corrupt, or not of its format."""
    INVALID = "invalid"
    """The recording lacks a key, or an array has the wrong shape, type or range."""
    NOT_FINITE = "not_finite"
    """The recording holds NaN or infinite values in the clip's frames."""
    TOO_SHORT = "too_short"
    """The recording ends before the row's last frame."""
    POSITIONS = "positions_as_rotations"
    """The pose array holds joint positions, not axis-angle rotations."""
    Y_UP = "y_up"
    """The recording's up axis is y where AMASS's is z."""
    CRASHED = "crashed"
    """Reading or building it ended the process that did it."""
    HUNG = "hung"
    """Reading or building it took longer than a clip may."""
    OUT_OF_MEMORY = "out_of_memory"
    """Reading or building it took more memory than a worker may."""

    @property
    def expected(self) -> bool:
        """Tell whether a complete archive has such drops too, or a user merely lacks a subset."""
        return self in (DropReason.HUMANACT12, DropReason.MISSING, DropReason.NO_SPLIT)


class RecordingError(MotionDataError):
    """Raised when a recording cannot become clips; its `reason` is counted as a drop."""

    def __init__(self, reason: DropReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type["RecordingError"], tuple[DropReason, str]]:
        return type(self), (self.reason, str(self))
