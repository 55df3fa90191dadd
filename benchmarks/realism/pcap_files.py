"""Payloads of UDP in recordings of networks: pcap and pcapng files.

Packets of a LiDAR are larger than those of Ethernet, so that each comes in several fragments of IP,
which are put together again. Sources: the format descriptions of pcap and pcapng of the IETF's
working group opsawg, the link types of tcpdump.org, RFC 791 (IPv4), RFC 8200 (IPv6), RFC 768 (UDP).
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from motiondata.errors import InputError

MAGIC = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">",
         b"\xa1\xb2\x3c\x4d": ">"}  # fmt: skip
"""The byte order of a pcap file, by its first bytes; times in micro- or nanoseconds."""
SECTION, INTERFACE, SIMPLE, ENHANCED = 0x0A0D0D0A, 1, 3, 6
"""Types of blocks of pcapng."""
SECTION_ORDER = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
LINK_BYTES = {0: 4, 1: 14, 12: 0, 101: 0, 113: 16, 228: 0, 229: 0, 276: 20}
"""The bytes before the IP header, by the link type: BSD loopback, Ethernet, raw IP, Linux's SLL and
SLL2."""
ETHERNET, VLAN_BYTES, VLAN_TYPES = 1, 4, (b"\x81\x00", b"\x88\xa8")
LEAST, LEAST_INTERFACE, LEAST_ENHANCED = 12, 20, 32
"""The fewest bytes of a block of pcapng: of all, of an interface, of a packet."""
LARGEST = 1 << 20
"""No packet is larger; a larger length is that of a broken file."""
UDP, IPV6_FRAGMENT = 17, 44
MOST_UNFINISHED, MOST_FRAMES = 256, 4096
"""The packets whose fragments are waited for, and the frames for which they are. The numbers of
packets of IPv4 have 16 bits: later, the same number is that of another packet."""


class Datagram(NamedTuple):
    """What was sent in one packet of UDP."""

    port: int
    """The port that it was sent to."""
    payload: bytes


class _Fragment(NamedTuple):
    key: tuple[bytes, ...]
    """Names the packet: both addresses, and its number."""
    offset: int
    more: bool
    data: bytes


class _Waiting(NamedTuple):
    """The fragments of a packet that is not whole yet, by their offsets."""

    frame: int
    """The number of the frame with the first of them to arrive."""
    parts: dict[int, _Fragment]


def datagrams(path: Path) -> Iterator[Datagram]:
    """Yield the payloads of UDP in a pcap or pcapng file, in order.

    Those of IPv4 are found, and of IPv6 without other headers between than that of fragments. A
    packet at the end that is cut off is left out, as is one with a missing fragment. Raises
    `InputError` if the file is neither pcap nor pcapng, or has packets of another link type.
    """
    unfinished: dict[tuple[bytes, ...], _Waiting] = {}
    for number, (link, frame) in enumerate(_frames(path)):
        if link not in LINK_BYTES:
            known = ", ".join(map(str, LINK_BYTES))
            raise InputError(f"{path}: expected packets of the link types {known}; found {link}")
        fragment = _fragment(link, frame)
        whole = None if fragment is None else _joined(unfinished, fragment, number)
        if whole is not None and len(whole) >= 8:
            port, length = struct.unpack_from(">HH", whole, 2)
            yield Datagram(port, whole[8 : max(length, 8)])


def _frames(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the link type and the bytes of each packet."""
    with path.open("rb") as file:
        start = file.read(4)
        if start in MAGIC:
            yield from _pcap(path, file, MAGIC[start])
        elif start == SECTION.to_bytes(4, "big"):
            yield from _pcapng(path, file)
        else:
            raise InputError(
                f"{path}: expected a pcap or pcapng file, found {start.hex() or 'none'}"
            )


def _pcap(path: Path, file: BinaryIO, order: str) -> Iterator[tuple[int, bytes]]:
    header = file.read(20)
    if len(header) < 20:
        raise InputError(f"{path}: expected a header of 24 bytes, found {4 + len(header)}")
    link = struct.unpack_from(f"{order}I", header, 16)[0] & 0xFFFF
    while len(record := file.read(16)) == 16:
        length = struct.unpack_from(f"{order}I", record, 8)[0]
        frame = file.read(_checked(path, length, 0))
        if len(frame) == length:
            yield link, frame


def _pcapng(path: Path, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    order, links = "<", list[int]()
    file.seek(0)
    while len(start := file.read(12)) == 12:
        if start[:4] == SECTION.to_bytes(4, "big"):
            order, links = SECTION_ORDER.get(start[8:], "<"), []
        kind, length = struct.unpack_from(f"{order}II", start)
        body = start[8:] + file.read(_checked(path, length, LEAST) - 12)
        if len(body) < length - 8:
            return
        if kind == INTERFACE and length >= LEAST_INTERFACE:
            links.append(struct.unpack_from(f"{order}H", body)[0])
        elif kind == ENHANCED and length >= LEAST_ENHANCED:
            interface, _, _, captured = struct.unpack_from(f"{order}IIII", body)
            if interface >= len(links):
                raise InputError(f"{path}: expected interface {interface} to be described")
            yield links[interface], body[20 : 20 + captured]
        elif kind == SIMPLE and links:
            yield links[0], body[4:-4]


def _checked(path: Path, length: int, least: int) -> int:
    if not least <= length <= LARGEST:
        raise InputError(
            f"{path}: expected packets of {least} to {LARGEST} bytes, found {length}; the file is "
            "damaged"
        )
    return length


def _fragment(link: int, frame: bytes) -> _Fragment | None:
    """Return the UDP part of a packet; None if it has none."""
    at = LINK_BYTES[link]
    while link == ETHERNET and frame[at - 2 : at] in VLAN_TYPES:
        at += VLAN_BYTES
    packet = frame[at:]
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= 20:
        return _of_ipv4(packet)
    return _of_ipv6(packet) if version == 6 and len(packet) >= 40 else None


def _of_ipv4(packet: bytes) -> _Fragment | None:
    header, (length,) = (packet[0] & 15) * 4, struct.unpack_from(">H", packet, 2)
    if packet[9] != UDP:
        return None
    (flags,) = struct.unpack_from(">H", packet, 6)
    key = (packet[12:20], packet[4:6])
    return _Fragment(key, (flags & 0x1FFF) * 8, bool(flags & 0x2000), packet[header:length])


def _of_ipv6(packet: bytes) -> _Fragment | None:
    (length,) = struct.unpack_from(">H", packet, 4)
    body, following = packet[40 : 40 + length], packet[6]
    if following == UDP:
        return _Fragment((packet[8:40],), 0, False, body)
    if following != IPV6_FRAGMENT or len(body) < 8 or body[0] != UDP:
        return None
    (flags,) = struct.unpack_from(">H", body, 2)
    return _Fragment((packet[8:40], body[4:8]), flags & 0xFFF8, bool(flags & 1), body[8:])


def _joined(
    unfinished: dict[tuple[bytes, ...], _Waiting], one: _Fragment, frame: int
) -> bytes | None:
    """Return a whole packet, or None while fragments are missing."""
    if one.offset == 0 and not one.more:
        return one.data
    if one.key in unfinished and frame - unfinished[one.key].frame > MOST_FRAMES:
        del unfinished[one.key]
    parts = unfinished.setdefault(one.key, _Waiting(frame, {})).parts
    parts[one.offset] = one
    if len(unfinished) > MOST_UNFINISHED:
        del unfinished[next(iter(unfinished))]
    found = b""
    for offset in sorted(parts):
        if offset != len(found):
            return None
        found += parts[offset].data
    if parts[max(parts)].more:
        return None
    del unfinished[one.key]
    return found
