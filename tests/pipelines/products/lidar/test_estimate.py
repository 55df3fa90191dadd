"""The estimated time of a build grows with all that makes it slower."""

from pathlib import Path

import trimesh

from pipelines.products.lidar.assets import load_assets
from pipelines.products.lidar.estimate import seconds_per_frame
from pipelines.products.lidar.options import LidarOptions

RIG = """
[[vehicle]]
name = "car"
speed_m_per_s = 5
[[sensor]]
name = "roof"
model = "vlp-16"
mount = "car"
[[sensor]]
name = "post"
model = "vlp-16"
"""


def seconds(**options: object) -> float:
    chosen = LidarOptions(**{"sensor": "vlp-16", **options})  # type: ignore[arg-type]
    return seconds_per_frame(load_assets(None, chosen))


def test_realism_a_street_a_scene_and_sensors_that_move_take_longer(tmp_path: Path) -> None:
    street, rig, mesh = tmp_path / "mine.toml", tmp_path / "rig.toml", tmp_path / "box.ply"
    street.write_text('base = "street"\n')
    rig.write_text(RIG)
    trimesh.creation.box((9, 9, 0.1)).export(mesh)
    scene, sensors = (str(mesh),), {"sensor": "os1-128", "sensors": str(rig)}
    assert seconds() < seconds(realism="sensor") < seconds(realism="street")
    assert seconds(realism=str(street)) == seconds(realism="street") == seconds(scene=scene)
    assert seconds(scene=scene) < seconds(scene=scene, **sensors)
    assert seconds(realism="sensor", **sensors) == seconds(realism="sensor")
    assert seconds() < seconds(sensor="livox-avia")
