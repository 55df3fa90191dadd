"""The members of samples of a phase-functioned network, in storage order."""

from motiondata.representations.pfnn.layout import X_COLUMNS, Y_COLUMNS
from pipelines.clips.members import DETAILS, MOTION_MEMBERS, TEXT
from pipelines.engine.description import Member
from shards.format.array_spec import FRAMES, ArraySpec
from shards.format.schema import Schema

X, Y, PHASE, FRAME = "x.npy", "y.npy", "phase.npy", "frame.npy"

SCHEMA = Schema(
    {
        X: ArraySpec("float32", (FRAMES, X_COLUMNS)),
        Y: ArraySpec("float32", (FRAMES, Y_COLUMNS)),
        PHASE: ArraySpec("float32", (FRAMES,)),
        FRAME: ArraySpec("int32", (FRAMES,)),
        DETAILS: "json",
        TEXT: "text",
    }
)
"""A frame of a sample is a row of the network."""

LENGTHS = "centimeters or meters, radians, frames"

MEMBERS = (
    Member(X, "the network's input, see pfnn.md", unit=LENGTHS, frame="the person, facing +z"),
    Member(Y, "the network's output, see pfnn.md", unit=LENGTHS, frame="the person, facing +z"),
    Member(PHASE, "the phase of the gait, from 0 to 1", unit="cycles"),
    Member(FRAME, "the frame of the motion at 60 Hz that the row stands for", unit="frames"),
    *MOTION_MEMBERS,
)
"""The members. No other file contains their names."""
