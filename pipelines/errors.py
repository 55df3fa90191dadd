"""The errors of jobs: a build that could not be carried through, whatever its input is worth."""

from motiondata.errors import MotionDataError


class SchedulingError(MotionDataError):
    """Raised when workers cannot be started, or go on dying; what they finished is kept."""
