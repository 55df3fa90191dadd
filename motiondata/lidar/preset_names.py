"""The names of the presets of sensors and realism, apart from what reads them.

The command line names them, and what only reads a dataset, and neither loads NumPy for it.
"""

OUSTER_COLUMNS = (512, 1024, 2048)
"""The columns per revolution of an Ouster (Ouster firmware manual, `lidar_mode`)."""

PRESETS: dict[str, tuple[str, int | None]] = {
    name: (name, None)
    for name in (
        "os1-128",
        "os0-128",
        "os2-128",
        "vlp-16",
        "vlp-32c",
        "vls-128",
        "hdl-32e",
        "hdl-64e",
        "pandar40p",
        "pandar64",
        "pandar128",
        "qt128",
        "xt32",
        "livox-avia",
        "livox-mid-360",
        "livox-hap",
    )
} | {
    f"{name}-{columns}": (name, columns)
    for name in ("os1-128", "os0-128", "os2-128")
    for columns in OUSTER_COLUMNS
}
"""The file of each preset, and its number of columns if it differs from the file's."""

SENSOR_NAMES = tuple(PRESETS)
"""The names of all presets."""
NO_REALISM = "none"
REALISM_NAMES = (NO_REALISM, "sensor", "street")
"""The names of all presets of realism."""
