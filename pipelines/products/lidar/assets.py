"""The assets that a worker loads once and uses for every clip: bodies, sensors and observers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from motiondata.bodies.body import Body
from motiondata.lidar.preset_names import NO_REALISM, REALISM_NAMES, SENSOR_NAMES
from motiondata.lidar.realism.settings import Realism, find_realism
from pipelines.clips.bodies import BodyFacts, facts_of, load_bodies_by_gender
from pipelines.products.lidar.options import LidarOptions
from pipelines.products.lidar.scene import SceneMesh, load_scene
from pipelines.products.lidar.views import View, ViewFacts, facts_of_views, load_views


@dataclass(frozen=True)
class LidarAssets:
    """The body of each gender, and the sensors with the observers that scan bodies.

    Do not share the observers.
    """

    bodies: Mapping[str, Body]
    views: tuple[View, ...]
    realism: Realism
    is_exact: bool
    """Whether the observers are the exact ones: no effects, no scene, and no extras are stored."""
    scene: SceneMesh | None = None

    @property
    def body_facts(self) -> BodyFacts:
        """What a dataset records of the bodies."""
        return facts_of(self.bodies)

    @property
    def scene_hash(self) -> str:
        """The hash of the scene; empty if there is none."""
        return "" if self.scene is None else self.scene.hash

    @property
    def view_facts(self) -> ViewFacts:
        """What a dataset records of the sensors."""
        return facts_of_views(self.views, self.realism)


def resolved(options: LidarOptions) -> LidarOptions:
    """Return options that mean the same in every folder, because workers may run in another one.

    Paths become absolute, and all values of realism are in `effects`.
    """
    realism = find_realism(options.realism, options.effects)
    if not realism.is_exact:
        preset = options.realism in REALISM_NAMES
        name = options.realism if preset else NO_REALISM
        options = replace(options, realism=name, effects=realism.text)
    sensor = Path(options.sensor)
    is_file = options.sensor not in SENSOR_NAMES and sensor.is_file()
    scene = tuple(str(Path(path).absolute()) for path in options.scene)
    sensors = str(Path(options.sensors).absolute()) if options.sensors else ""
    named = str(sensor.absolute() if is_file else sensor)
    return replace(options, sensor=named, sensors=sensors, scene=scene)


def load_assets(body: Path | None, options: LidarOptions) -> LidarAssets:
    """Load the bodies of a file or folder, or the bundled one, the sensors and the scene.

    Raises `InputError` for an invalid body, sensor or scene.
    """
    bodies = load_bodies_by_gender(body)
    realism = find_realism(options.realism, options.effects)
    scene = load_scene(options.scene, options.scene_points) if options.scene else None
    is_exact = realism.is_exact and not options.extras and scene is None
    views = load_views(options, None if is_exact else realism)
    return LidarAssets(bodies, views, realism, is_exact, scene)
