"""The errors of `motiondata`, and the reasons why an index row yields no sample.

All errors meant for users derive from `MotionDataError`, so that one `except` catches them; any
other exception is a bug. A message states what was expected, what was found, where, and what to do.
"""

from enum import StrEnum


class MotionDataError(Exception):
    """Base class: wrong input, or a device that cannot do the work; the message is for users."""


class InputError(MotionDataError):
    """Raised when a file or an option given by the user is not valid."""


class DeviceError(MotionDataError):
    """Raised when the requested device is not available or does not have enough memory."""


class DropReason(StrEnum):
    """The reason why an index row yields no sample."""

    HUMANACT12 = "humanact12"
    """The row is from HumanAct12, which has joint positions only, and no pose for a body."""
    MISSING = "missing"
    """The archive has no recording for this row."""
    NO_SPLIT = "no_split"
    """Split lists were given, and none of them contains this row."""
    AMBIGUOUS = "ambiguous"
    """Several recordings match this row equally well."""
    WRONG_RELEASE = "wrong_release"
    """The recording is of the SMPL-X release, and does not last as long as the row of the index."""
    UNREADABLE = "unreadable"
    """The recording is truncated, corrupt, or in another format."""
    INVALID = "invalid"
    """The recording lacks a key, or an array has the wrong shape, type or range of values."""
    NOT_FINITE = "not_finite"
    """The recording has NaN or infinite values in the clip's frames."""
    TOO_SHORT = "too_short"
    """The recording ends before the row's last frame."""
    POSITIONS = "positions_as_rotations"
    """The pose array has joint positions, not axis-angle rotations."""
    Y_UP = "y_up"
    """The recording's up axis is y; AMASS's is z."""
    NO_CYCLE = "no_cycle"
    """The clip has no whole cycle of steps, which rows of a phase-functioned network need."""
    FLAGGED = "flagged"
    """The clip has a flag that the user excludes."""
    CRASHED = "crashed"
    """The worker process crashed while it read or built the row."""
    HUNG = "hung"
    """Reading or building the row exceeded the time limit per clip."""
    OUT_OF_MEMORY = "out_of_memory"
    """Reading or building the row exceeded the memory limit of a worker process."""

    @property
    def expected(self) -> bool:
        """Whether the drop is normal: complete archives have it too, or a user asked for it."""
        return self in EXPECTED


EXPECTED = (
    DropReason.HUMANACT12,
    DropReason.MISSING,
    DropReason.NO_SPLIT,
    DropReason.NO_CYCLE,
    DropReason.FLAGGED,
)
"""The reasons that are not failures."""


class RecordingError(MotionDataError):
    """Raised when a recording cannot become clips; the drop is counted under its `reason`."""

    def __init__(self, reason: DropReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type["RecordingError"], tuple[DropReason, str]]:
        return type(self), (self.reason, str(self))
