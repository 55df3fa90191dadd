"""Ranges of each scan in the packets that an Ouster sends, of all profiles of its firmware.

Source: `parsing.cpp` of ouster-lidar/ouster-sdk, and the section on packets of Ouster's firmware
manual. A packet has a header, columns and a footer; a column has a header and one block for each
pixel, whose first bits are the range.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism.pcap_files import datagrams
from motiondata.errors import InputError

Ranges = NDArray[np.uint32]
"""Shaped (rows, columns), millimeters, in the order of measurement; 0 where nothing returned."""

LEGACY, FUSA_PROFILE = "LEGACY", "FUSA_RNG15_RFL8_NIR8_DUAL"
PIXEL_BYTES = {
    LEGACY: 12,
    "RNG19_RFL8_SIG16_NIR16": 12,
    "RNG19_RFL8_SIG16_NIR16_DUAL": 16,
    "RNG19_RFL8_SIG16_NIR16_ZONE16": 12,
    "RNG19_RFL8_SIG16_ZONE16_DUAL": 16,
    "RNG19_RFL8_SIG16_NIR16_RGB16": 16,
    "RNG19_RFL8_SIG16_NIR16_RGB16_DUAL": 20,
    "FIVE_WORD_PIXEL": 20,
    "RNG15_RFL8_NIR8": 4,
    "RNG15_RFL8_WIN8": 4,
    "RNG15_RFL8_NIR8_DUAL": 8,
    "RNG15_RFL8_NIR8_ZONE16": 8,
    FUSA_PROFILE: 8,
}
"""The bytes of a pixel of each `udp_profile_lidar`."""

MOST = 1 << 16
"""No unit has more columns or rows: the number of a column has 16 bits."""
LATEST = 8
"""The most scans by which a packet of the network is late."""


@dataclass(frozen=True)
class PacketLayout:
    """Where things are in the packets of a unit."""

    profile: str
    rows: int
    columns: int
    """Per scan."""
    columns_per_packet: int
    is_fusa: bool
    """The header is that of functional safety, with 32 bits for the number of the scan."""

    @property
    def header(self) -> int:
        """The bytes before the columns; as many follow them."""
        return 0 if self.profile == LEGACY else 32

    @property
    def column_header(self) -> int:
        """The bytes before the pixels of a column."""
        return 16 if self.profile == LEGACY else 12

    @property
    def column(self) -> int:
        """The bytes of a column; those of the oldest profile end with its status."""
        footer = 4 if self.profile == LEGACY else 0
        return self.column_header + self.rows * PIXEL_BYTES[self.profile] + footer

    @property
    def size(self) -> int:
        """The bytes of a packet."""
        return 2 * self.header + self.columns_per_packet * self.column

    def scan_number(self, packet: bytes) -> int:
        """Return the number of the scan, which begins again after 16 or 32 bits."""
        first, count = (4, 4) if self.is_fusa else ((10, 2) if self.profile == LEGACY else (2, 2))
        return int.from_bytes(packet[first : first + count], "little")

    def is_late(self, number: int, current: int) -> bool:
        """Return whether a packet belongs to a scan shortly before the current one.

        A number that is lower by more is that of a unit that was started again.
        """
        numbers = 1 << (32 if self.is_fusa else 16)
        return 0 < (current - number) % numbers <= LATEST

    def add(self, ranges: Ranges, packet: bytes) -> None:
        """Put the columns of a packet to their places; raises `ValueError` if a place is none."""
        end = len(packet) - self.header
        columns = np.frombuffer(packet[self.header : end], np.uint8).reshape(-1, self.column)
        places = columns[:, 8:10].copy().view("<u2")[:, 0]
        status = columns[:, -4] if self.profile == LEGACY else columns[:, 10]
        measured = (status & 1).astype(bool)
        if measured.any() and places[measured].max() >= self.columns:
            raise ValueError(f"column {places[measured].max()} of {self.columns}")
        pixels = columns[:, self.column_header :][:, : self.rows * PIXEL_BYTES[self.profile]]
        pixels = pixels.reshape(len(columns), self.rows, -1)[..., :4]
        found = np.ascontiguousarray(pixels).view("<u4")[..., 0]
        ranges[:, places[measured]] = self._millimeters(found)[measured].T

    def _millimeters(self, words: NDArray[Any]) -> Ranges:
        """Return the range in the first bits of each word: 20, 19, or 15 in steps of 8 mm."""
        if "RNG15" in self.profile:
            return np.asarray((words & 0x7FFF) << 3, np.uint32)
        return np.asarray(words & (0xFFFFF if self.profile == LEGACY else 0x7FFFF), np.uint32)


def packet_layout(path: Path, metadata: Mapping[str, Any]) -> PacketLayout:
    """Return the layout that metadata describe; raises `InputError` for unknown ones."""
    found = metadata.get("lidar_data_format") or metadata.get("data_format")
    known = found if isinstance(found, Mapping) else {}
    profile = known.get("udp_profile_lidar", LEGACY)
    if not isinstance(profile, str) or profile not in PIXEL_BYTES:
        raise InputError(
            f"{path}: expected udp_profile_lidar as one of {', '.join(PIXEL_BYTES)}, found "
            f"{profile!r}"
        )
    numbers = [
        known.get(name) for name in ("pixels_per_column", "columns_per_frame", "columns_per_packet")
    ]
    if not all(type(number) is int and 0 < number <= MOST for number in numbers):
        raise InputError(
            f"{path}: expected a data format with pixels_per_column, columns_per_frame and "
            f"columns_per_packet, found {numbers}"
        )
    header = known.get("header_type", "FUSA" if profile == FUSA_PROFILE else "STANDARD")
    rows, columns, per_packet = (int(number) for number in numbers if number is not None)
    return PacketLayout(profile, rows, columns, per_packet, header == "FUSA" and profile != LEGACY)


def scans_of_pcap(
    path: Path, layout: PacketLayout, wanted: Collection[int], port: int | None = None
) -> dict[int, Ranges]:
    """Return the wanted scans of a recording, which count from 0 in the order of recording.

    `port` is that of the metadata; packets of another port of the same size are those of another
    unit, unless there are none of this port. Raises `InputError` if a scan is not there.
    """
    units: dict[int, _Scans] = {}
    sizes: set[int] = set()
    for sent_to, payload in datagrams(path):
        sizes.add(len(payload))
        if len(payload) == layout.size:
            try:
                units.setdefault(sent_to, _Scans(layout, wanted)).add(payload)
            except ValueError as error:
                raise InputError(
                    f"{path}: found {error}; is metadata.json that of this recording?"
                ) from error
    if port not in units and len(units) > 1:
        raise InputError(
            f"{path}: found units at ports {', '.join(map(str, sorted(units)))}; expected "
            f"udp_port_lidar in metadata.json to say which, found {port}"
        )
    if not units:
        found = ", ".join(map(str, sorted(sizes))) or "none"
        raise InputError(
            f"{path}: expected packets of {layout.size} bytes, as metadata.json says; found {found}"
        )
    unit = units[port] if port in units else next(iter(units.values()))
    if missing := set(wanted) - set(unit.found):
        raise InputError(
            f"{path}: found {unit.number + 1} scans; expected scan {min(missing)}, counted from 0"
        )
    return unit.found


class _Scans:
    """The scans of one unit, from its packets in order."""

    def __init__(self, layout: PacketLayout, wanted: Collection[int]) -> None:
        self.found: dict[int, Ranges] = {}
        self.number = -1
        self._layout, self._wanted = layout, frozenset(wanted)
        self._current = -1

    def add(self, packet: bytes) -> None:
        number = self._layout.scan_number(packet)
        if number != self._current:
            if self._current >= 0 and self._layout.is_late(number, self._current):
                return
            self._current = number
            self.number += 1
        if self.number in self._wanted:
            shape = (self._layout.rows, self._layout.columns)
            ranges = self.found.setdefault(self.number, np.zeros(shape, np.uint32))
            self._layout.add(ranges, packet)
