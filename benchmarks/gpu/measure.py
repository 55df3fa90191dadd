"""Measure frames per second on a GPU by stage, together and of builds, with the chip's limits.

Run from the project's root with the extra `gpu` installed; it takes about five minutes:
`python -m benchmarks.gpu.measure --json benchmarks/gpu.json`.
"""

import json
import tempfile
from pathlib import Path

import click

from motiondata.devices import CPU, CUDA
from motiondata.errors import DeviceError


@click.command()
@click.option("--clips", default=1200, show_default=True, help="Clips of a process's build.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the figures there.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to work; a temporary one.")
@click.option("--quick", is_flag=True, help="One small setting: does everything run?")
def main(clips: int, file: Path | None, folder: Path | None, quick: bool) -> None:
    """Measure stages and builds on the first GPU, and print what comes of it."""
    try:
        from benchmarks.gpu.measuring import measure, quick_size, whole_size
        from motiondata.lidar.cuda.device import open_gpu

        gpu = open_gpu()
    except ImportError as error:
        raise click.ClickException(
            f"{error}: expected the extra `gpu` (pip install 'motiondata[gpu]')"
        ) from error
    except DeviceError as error:
        raise click.ClickException(str(error)) from error
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        device = CUDA if gpu.device.type == "cuda" else CPU
        results = measure(gpu, quick_size(device) if quick else whole_size(clips), Path(scratch))
    if file is not None:
        file.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
