"""A synthetic person who walks in front of a sensor, as builds with and without realism ask for."""

from dataclasses import replace
from functools import partial

import numpy as np

from motiondata.bodies.body import Body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.clip import Clip
from motiondata.clip_moments import clip_at
from motiondata.lidar.observer import RangeNoise, Request
from motiondata.lidar.placement import first_heading, invert_rigid, place_sensor
from motiondata.lidar.realism.dressing import dress, undressed
from motiondata.lidar.realism.rolling_shutter import Shutter, sector_times, sweep_of
from motiondata.lidar.realism.settings import Realism
from motiondata.recording import BETAS, Recording
from motiondata.synthesis.corpus.recordings import make_recording


def walk(frames: int) -> Clip:
    """Return a clip of at most this number of frames."""
    motion = make_recording(0, 0).motion
    recording = Recording(
        motion.pose, motion.trans, motion.fps, "neutral", np.zeros(BETAS), "synthetic"
    )
    stride = max(1, len(motion.pose) // frames)
    kept = slice(0, frames * stride, stride)
    pose, trans = motion.pose[kept], motion.trans[kept]
    last = (len(trans) - 1) * stride
    return Clip("walk", "synthetic", pose, trans, motion.fps / stride, 0, last, recording)


def request_of(clip: Clip, body: Body, settings: Realism, meters: float) -> Request:
    """Return the request of a clip at a distance; without a sweep, the person stands still."""
    shaped = shape_body(body, np.zeros(0))
    joints = pose_joints(shaped, clip.pose, clip.trans)
    placed = place_sensor(joints[:, 0], first_heading(joints), distance=meters, height=1.0)[0]
    person = undressed(shaped) if settings.is_exact else dress(shaped, settings, 0, "walk")
    noise, looking = RangeNoise(0.0, 0, "walk"), invert_rigid(placed)
    return Request(person.shaped, clip.pose, clip.trans, looking, noise, person.appearance)


def swept(request: Request, clip: Clip, shutter: Shutter) -> Request:
    """Return the request of a person who moves during each turn, as a build makes it."""
    joints = pose_joints(request.shaped, request.pose, request.trans, request.T_sensor_world)
    sweep = sweep_of(sector_times(shutter, joints), partial(clip_at, clip))
    return replace(request, sweep=sweep)
