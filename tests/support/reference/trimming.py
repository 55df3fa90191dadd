"""HumanML3D's notebook rules of cutting, written as plainly as they can be: the reference.

Source of the rules: `raw_pose_processing.ipynb` of EricGuo5513/HumanML3D, in words of our own.
"""


def kept_frames(source_path: str, start: int, end: int, fps: float, frames: int) -> list[int]:
    """Return the numbers of the recording's frames that the notebook would keep."""
    kept = list(range(frames))
    kept = kept[:: int(fps / 20)]
    if "Eyes_Japan_Dataset" in source_path:
        kept = kept[3 * 20 :]
    if "MPI_HDM05" in source_path:
        kept = kept[3 * 20 :]
    if "TotalCapture" in source_path:
        kept = kept[1 * 20 :]
    if "MPI_Limits" in source_path:
        kept = kept[1 * 20 :]
    if "Transitions_mocap" in source_path:
        kept = kept[int(0.5 * 20) :]
    return kept[start:end]
