"""Readers of KITTI's, nuScenes' and Ouster's files: small sets in their layout, read as written."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from benchmarks.realism.__main__ import main
from benchmarks.realism.kitti_files import read_kitti, rings_of
from benchmarks.realism.nuscenes_files import AXES, read_nuscenes
from benchmarks.realism.ouster_files import read_ouster
from benchmarks.realism.people import RealScans
from motiondata.errors import InputError
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.sensor import Sensor, ray_directions
from tests.support.meshes import capsule, joined, turned
from tests.support.ouster_osf import write_osf
from tests.support.ouster_packets import PER_PACKET, frames_of, packets_of, write_pcap

Floats = NDArray[np.float64]

FLOOR, HEIGHT, WALL = -1.6, 1.8, 30.0


@dataclass(frozen=True)
class Stand:
    """Where somebody stands, in the sensor frame."""

    x: float
    y: float
    yaw: float


STANDS = (Stand(6.0, 1.0, 0.4), Stand(7.0, -3.0, -2.0), Stand(5.0, 4.0, 1.5))


def scan_of(sensor: Sensor) -> tuple[Floats, NDArray[np.int64]]:
    """Return the range of each ray on three people and a wall, and who was hit; -1 for the wall."""
    ends = np.array([[0.0, 0.0, FLOOR + 0.25], [0.0, 0.0, FLOOR + HEIGHT - 0.25]])
    person = capsule(ends[0], ends[1], 0.25, 8, 12)
    meshes = [turned(person, 0.0, (stand.x, stand.y, 0.0)) for stand in STANDS]
    scan = Scanner(sensor).scan(*joined(meshes))
    ranges, who = (
        np.full((sensor.beams, sensor.columns), WALL),
        np.full_like(np.zeros((sensor.beams, sensor.columns), np.int64), -1),
    )
    ranges[scan.beams, scan.columns] = scan.ranges
    who[scan.beams, scan.columns] = scan.faces // len(person[1])
    return ranges, who


def grid(name: str) -> Sensor:
    """Return a sensor without stagger, beams from top to bottom."""
    preset = sensor_preset(name)
    elevation = np.sort(preset.elevation)[::-1]
    return replace(preset, elevation=elevation, azimuth_offset=0 * elevation, columns=720)


def write_kitti(folder: Path) -> list[int]:
    """Write one scan with two unoccluded pedestrians, an occluded one and a car."""
    sensor = grid("hdl-64e")
    ranges, who = scan_of(sensor)
    points = (ray_directions(sensor) * ranges[..., None]).reshape(-1, 3)
    for name in ("velodyne", "label_2", "calib"):
        (folder / "training" / name).mkdir(parents=True)
    root = folder / "training"
    np.pad(points, ((0, 0), (0, 1))).astype("<f4").tofile(root / "velodyne" / "000007.bin")
    to_camera = np.array([[0, -1, 0, 0.1], [0, 0, -1, -0.2], [1, 0, 0, -0.3]])
    numbers = " ".join(f"{value:.6f}" for value in to_camera.ravel())
    (root / "calib" / "000007.txt").write_text(
        f"P2: {' '.join(['0'] * 12)}\nR0_rect: 1 0 0 0 1 0 0 0 1\nTr_velo_to_cam: {numbers}\n\n"
    )
    lines = ["Car 0 0 0 0 0 0 0 1.5 1.6 4 9 1.7 9 0"]
    for stand, occluded in zip(STANDS, (0, 0, 2), strict=True):
        x, y, z = to_camera @ [stand.x, stand.y, FLOOR, 1]
        turn = -stand.yaw - np.pi / 2
        lines.append(f"Pedestrian 0.00 {occluded} 0.2 1 2 3 4 {HEIGHT} 0.6 0.6 {x} {y} {z} {turn}")
    (root / "label_2" / "000007.txt").write_text("\n".join(lines) + "\n")
    return [int((who == number).sum()) for number in (0, 1)]


def quaternion(yaw: float) -> list[float]:
    return [float(np.cos(yaw / 2)), 0.0, 0.0, float(np.sin(yaw / 2))]


def write_nuscenes(folder: Path, labeled: bool = False) -> list[int]:
    """Write a key frame with two visible pedestrians and a hidden one, and another frame."""
    sensor = replace(grid("hdl-32e"), columns=1084)
    sensor = replace(sensor, elevation=sensor.elevation[::-1].copy())
    ranges, who = scan_of(sensor)
    points = (ray_directions(sensor) * ranges[..., None]).reshape(-1, 3)
    rings = np.repeat(np.arange(sensor.beams), sensor.columns)
    cloud = np.column_stack([points @ AXES, np.zeros(len(points)), rings]).astype("<f4")
    (folder / "samples" / "LIDAR_TOP").mkdir(parents=True)
    cloud.tofile(folder / "samples" / "LIDAR_TOP" / "a.pcd.bin")
    ego_yaw, mount_yaw, ego, mount = (
        0.7,
        -np.pi / 2,
        np.array([100.0, 50, 1]),
        np.array([0.9, 0, 2]),
    )
    notes = []
    for number, stand in enumerate(STANDS):
        place = AXES.T @ [stand.x, stand.y, FLOOR + HEIGHT / 2]
        inner = rotation(mount_yaw) @ place + mount
        notes.append(
            {"token": f"note{number}", "sample_token": "s", "instance_token": "walker",
             "visibility_token": "1" if number == 2 else "4", "size": [0.6, 0.6, HEIGHT],
             "translation": (rotation(ego_yaw) @ inner + ego).tolist(),
             "rotation": quaternion(stand.yaw + np.pi / 2 + mount_yaw + ego_yaw)}
        )  # fmt: skip
    notes.append({**notes[0], "token": "car", "instance_token": "car"})
    scan = {"token": "d", "sample_token": "s", "is_key_frame": True, "ego_pose_token": "e",
            "calibrated_sensor_token": "c", "filename": "samples/LIDAR_TOP/a.pcd.bin"}  # fmt: skip
    tables: dict[str, list[dict[str, Any]]] = {
        "sample_data": [scan, {**scan, "token": "x", "is_key_frame": False, "filename": "sweeps"},
                        {**scan, "token": "y", "filename": "samples/CAM_FRONT/a.jpg"}],
        "sample_annotation": notes,
        "instance": [{"token": "walker", "category_token": "adult"},
                     {"token": "car", "category_token": "vehicle"}],
        "category": [{"token": "adult", "name": "human.pedestrian.adult", "index": 2},
                     {"token": "vehicle", "name": "vehicle.car", "index": 17}],
        "ego_pose": [{"token": "e", "translation": ego.tolist(), "rotation": quaternion(ego_yaw)}],
        "calibrated_sensor": [
            {"token": "c", "translation": mount.tolist(), "rotation": quaternion(mount_yaw)}],
    }  # fmt: skip
    if labeled:
        tables["lidarseg"] = [{"token": "l", "sample_data_token": "d", "filename": "l.bin"}]
        labels = np.where(who.ravel() == 0, 2, 17).astype(np.uint8)
        labels[who.ravel() == 1] = 2
        labels[np.flatnonzero(who.ravel() == 0)[:5]] = 24
        labels.tofile(folder / "l.bin")
    (folder / "v1.0-mini").mkdir()
    for name, rows in tables.items():
        (folder / "v1.0-mini" / f"{name}.json").write_text(json.dumps(rows))
    return [int((who == number).sum()) - 5 * (labeled and number == 0) for number in (0, 1)]


def rotation(yaw: float) -> Floats:
    cosine, sine = np.cos(yaw), np.sin(yaw)
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])


def ouster_scan() -> tuple[dict[str, Any], NDArray[np.uint32], list[int]]:
    """Return the metadata of a unit of 32 beams, its ranges, and the hits of two people."""
    sensor = replace(grid("os1-128-512"), columns=512)
    sensor = replace(sensor, elevation=sensor.elevation[::4], azimuth_offset=np.zeros(32))
    ranges, who = scan_of(sensor)
    across = (256 - np.arange(512)) % 512
    metadata = {
        "beam_intrinsics": {
            "beam_altitude_angles": np.degrees(sensor.elevation).tolist(),
            "beam_azimuth_angles": [0.0] * 32,
            "lidar_origin_to_beam_origin_mm": 0.0,
        },
        "lidar_data_format": {
            "columns_per_frame": 512, "columns_per_packet": PER_PACKET, "pixels_per_column": 32,
        },
        "lidar_intrinsics": {"lidar_to_sensor_transform": [0.0] * 11 + [36.18] + [0.0] * 4},
        "sensor_info": {"prod_line": "OS-1-32"},
    }  # fmt: skip
    counts = [int((who == number).sum()) for number in (0, 1)]
    return metadata, np.round(1000 * ranges[:, across]).astype(np.uint32), counts


def write_people(folder: Path, scan: str, metadata: dict[str, Any] | None) -> None:
    """Write where two people stand, in the frame of the sensor, and the metadata."""
    if metadata is not None:
        (folder / "metadata.json").write_text(json.dumps(metadata))
    with (folder / "people.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["scan", "x", "y", "floor", "height", "yaw"])
        for stand in STANDS[:2]:
            rows.writerow([scan, stand.x, stand.y, FLOOR + 0.03618, HEIGHT, stand.yaw])


def write_ouster(folder: Path) -> list[int]:
    """Write the ranges of a scan, and two of its people."""
    metadata, ranges, counts = ouster_scan()
    folder.mkdir(exist_ok=True)
    np.savez(folder / "000.npz", allow_pickle=False, RANGE=ranges)
    write_people(folder, "000", metadata)
    return counts


def write_pcaps(folder: Path) -> list[int]:
    """Write the packets of a scan behind those of another one."""
    metadata, ranges, counts = ouster_scan()
    folder.mkdir(exist_ok=True)
    packets = [
        packet
        for number, scan in enumerate((np.zeros_like(ranges), ranges))
        for packet in packets_of(scan, number, "LEGACY", "STANDARD")
    ]
    frames = [one for name, each in enumerate(packets) for one in frames_of(each, 7502, name, 1480)]
    write_pcap(folder / "street.pcap", frames)
    write_people(folder, "street.pcap:1", metadata)
    return counts


def write_osfs(folder: Path) -> list[int]:
    """Write a file with a scan behind another one; it has the metadata."""
    metadata, ranges, counts = ouster_scan()
    folder.mkdir(exist_ok=True)
    write_osf(folder / "street.osf", [np.zeros_like(ranges), ranges], unit=metadata)
    write_people(folder, "street.osf:1", None)
    return counts


SETS: dict[str, tuple[Callable[[Path], list[int]], Callable[[Path, int], RealScans]]] = {
    "kitti": (write_kitti, read_kitti),
    "nuscenes": (write_nuscenes, read_nuscenes),
    "ouster": (write_ouster, read_ouster),
    "ouster, pcap": (write_pcaps, read_ouster),
    "ouster, osf": (write_osfs, read_ouster),
}


@pytest.mark.parametrize("name", SETS)
def test_people_are_read_as_they_stand(tmp_path: Path, name: str) -> None:
    write, read = SETS[name]
    counts = write(tmp_path / name)
    scans = read(tmp_path / name, 10)
    assert len(scans.people) == 2
    for person, stand, count in zip(scans.people, STANDS, counts, strict=False):
        np.testing.assert_allclose(person.place, [stand.x, stand.y], atol=1e-5)
        assert (person.floor, person.height) == pytest.approx((FLOOR, HEIGHT), abs=1e-5)
        assert np.cos(person.yaw - stand.yaw) == pytest.approx(1, abs=1e-6)
        assert len(person.points) == count > 30
        seen = np.arcsin(person.points[:, 2] / np.linalg.norm(person.points, axis=1))
        np.testing.assert_allclose(seen, scans.sensor.elevation[person.beams], atol=1e-3)


def test_labels_of_points_leave_out_what_else_is_in_a_box(tmp_path: Path) -> None:
    counts = write_nuscenes(tmp_path / "set", labeled=True)
    people = read_nuscenes(tmp_path / "set", 10).people
    assert [len(person.points) for person in people] == counts


def test_rings_of_a_scan_are_counted_from_where_the_azimuth_becomes_positive() -> None:
    turn = np.linspace(0.001, 2 * np.pi - 0.001, 150)
    one = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1)
    assert rings_of(np.concatenate([one, one, one])).tolist() == [0] * 150 + [1] * 150 + [2] * 150
    with pytest.raises(InputError, match="at most 64 rings, found 65"):
        rings_of(np.concatenate([one] * 65))


@pytest.mark.parametrize("name", SETS)
def test_an_empty_folder_is_refused_by_what_was_expected(tmp_path: Path, name: str) -> None:
    _, read = SETS[name]
    with pytest.raises(InputError, match="expected"):
        read(tmp_path, 10)


def test_broken_files_are_named(tmp_path: Path) -> None:
    write_kitti(tmp_path / "kitti")
    scan = tmp_path / "kitti" / "training" / "velodyne" / "000007.bin"
    scan.write_bytes(scan.read_bytes()[:-3])
    with pytest.raises(InputError, match=r"000007\.bin"):
        read_kitti(tmp_path / "kitti", 10)
    write_ouster(tmp_path / "ouster")
    np.savez(tmp_path / "ouster" / "000.npz", allow_pickle=False, RANGE=np.zeros((2, 2)))
    with pytest.raises(InputError, match=r"RANGE shaped \(32, 512\), found \(2, 2\)"):
        read_ouster(tmp_path / "ouster", 10)


def test_a_recording_that_people_are_not_in_is_named(tmp_path: Path) -> None:
    write_pcaps(tmp_path)
    for scan, complaint in {
        "lane.pcap:1": r"lane\.pcap: no such recording",
        "street.pcap:one": "expected RECORDING:NUMBER, found 'street.pcap:one'",
        "street.pcap:2": "found 2 scans; expected scan 2",
        "000": r"000\.npz: expected an array RANGE",
    }.items():
        write_people(tmp_path, scan, None)
        with pytest.raises(InputError, match=complaint):
            read_ouster(tmp_path, 10)
    (tmp_path / "metadata.json").unlink()
    with pytest.raises(InputError, match=r"expected metadata\.json, or people of one .osf file"):
        read_ouster(tmp_path, 10)


@pytest.mark.parametrize(
    ("section", "name", "value", "complaint"),
    [
        ("lidar_intrinsics", "lidar_to_sensor_transform", [1.0, 2.0], "as 16 numbers, found"),
        ("lidar_intrinsics", "lidar_to_sensor_transform", ["a"] * 16, "as 16 numbers, found"),
        ("beam_intrinsics", "lidar_origin_to_beam_origin_mm", None, "beam_origin_mm"),
        ("lidar_data_format", "udp_profile_lidar", ["x"], r"udp_profile_lidar .* found \['x'\]"),
        ("lidar_data_format", "columns_per_packet", 10**9, "columns_per_packet"),
    ],
)
def test_metadata_of_a_unit_with_values_of_other_types_are_named(
    tmp_path: Path, section: str, name: str, value: object, complaint: str
) -> None:
    write_pcaps(tmp_path)
    metadata, _, _ = ouster_scan()
    metadata[section][name] = value
    write_people(tmp_path, "street.pcap:1", metadata)
    with pytest.raises(InputError, match=rf"metadata\.json: .*{complaint}"):
        read_ouster(tmp_path, 10)


def test_a_list_of_people_is_utf_8_with_or_without_a_mark(tmp_path: Path) -> None:
    write_osfs(tmp_path)
    (tmp_path / "street.osf").rename(tmp_path / "street.OSF")
    table = tmp_path / "people.csv"
    text = table.read_text().replace("street.osf", "street.OSF")
    table.write_text(text, encoding="utf-8-sig")
    assert len(read_ouster(tmp_path, 10).people) == 2
    table.write_text(text.replace("street", "straße"), encoding="latin-1")
    with pytest.raises(InputError, match=r"people\.csv: expected a table of CSV in UTF-8"):
        read_ouster(tmp_path, 10)


def test_a_set_in_its_own_layout_gives_a_table(tmp_path: Path) -> None:
    write_kitti(tmp_path / "kitti")
    done = CliRunner().invoke(main, ["--kitti", str(tmp_path / "kitti"), "--quick"])
    assert done.exit_code == 0, done.output
    assert "KITTI: 1 cuts of at most 1 people" in done.output
    assert CliRunner().invoke(main, []).exit_code == 1
