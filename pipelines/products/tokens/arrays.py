"""The arrays of samples of tokens, and of motion that is decoded from tokens."""

from motiondata.skeletons import JOINTS as SKELETON_JOINTS
from pipelines.clips.members import POSE, TRANS
from pipelines.products.motion_features.members import JOINTS, VECTORS
from pipelines.products.tokens.description import TOKENS
from shards.format.array_spec import FRAMES, ArraySpec

Arrays = dict[str, ArraySpec]

TOKEN_ARRAYS: Arrays = {TOKENS: ArraySpec("int32", (FRAMES,))}


def motion_arrays(columns: int, joints: int) -> Arrays:
    """Return the arrays of decoded motion with these numbers of features and joints."""
    return {
        VECTORS: ArraySpec("float32", (FRAMES, columns)),
        JOINTS: ArraySpec("float32", (FRAMES, joints, 3)),
        POSE: ArraySpec("float32", (FRAMES, SKELETON_JOINTS, 3)),
        TRANS: ArraySpec("float32", (FRAMES, 3)),
    }
