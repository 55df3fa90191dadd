"""Memory: a worker's peak does not grow with the number of clips or shards."""

from pathlib import Path

from benchmarks.scale.memory import measure_peaks
from pipelines.products.lidar.options import LidarBuildOptions
from tests.support.archive import MadeArchive
from tests.support.lidar_options import with_parameters

SLACK = 25.0
"""MB by which two peaks may differ: allocators round, and receipts hold a line a sample."""


def options_of(archive: MadeArchive, folder: Path, clips: int) -> LidarBuildOptions:
    """Return a build of `clips` clips of one recording, in shards of a few each."""
    folder.mkdir()
    rows = [f"./pose_data/CMU/02/02_01_poses.npy,0,40,c{clip}.npy" for clip in range(clips)]
    header = "source_path,start_frame,end_frame,new_name"
    (folder / "index.csv").write_text("\n".join([header, *rows]) + "\n")
    options = archive.options(points=384, shard_megabytes=1)
    return with_parameters(options, index=folder / "index.csv")


def test_a_worker_takes_no_more_for_sixteen_times_the_clips(
    archive: MadeArchive, tmp_path: Path
) -> None:
    few = measure_peaks(options_of(archive, tmp_path / "few", 20), tmp_path / "a")
    many = measure_peaks(options_of(archive, tmp_path / "many", 320), tmp_path / "b")
    assert len(list((tmp_path / "b").glob("*/*.tar"))) > 16
    assert many.worker < few.worker + SLACK
