"""Options of LiDAR builds from parameters by name, whichever of the options owns them."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from pipelines.clips.options import ClipSelection
from pipelines.products.lidar.options import LidarBuildOptions


def lidar_options(index: Path, amass: Path, **parameters: Any) -> LidarBuildOptions:
    """Return the options of a build of the clips of an index."""
    return with_parameters(LidarBuildOptions(ClipSelection(index, amass)), **parameters)


def with_parameters(options: LidarBuildOptions, **parameters: Any) -> LidarBuildOptions:
    """Return options with other values of some parameters; raises `TypeError` for other names."""
    owners = {name: getattr(options, name) for name in ("clips", "scan", "packing")}
    of_owner = {
        name: {field.name: parameters.pop(field.name) for field in fields(owner)
               if field.name in parameters}
        for name, owner in owners.items()
    }  # fmt: skip
    if parameters:
        raise TypeError(f"no parameters of a build: {', '.join(parameters)}")
    return replace(
        options, **{name: replace(owner, **of_owner[name]) for name, owner in owners.items()}
    )
