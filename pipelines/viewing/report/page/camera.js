// A camera that looks at a point from a direction and a distance. The world has z up, in meters.

const FIELD_OF_VIEW = (32 * Math.PI) / 180;

class Camera {
  constructor() {
    this.target = [0, 0, 0.9];
    this.yaw = 0; // the direction from the target to the camera
    this.pitch = 0.1;
    this.distance = 4;
    this.resize(100, 100);
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
    this.focal = Math.min(height, 1.35 * width) / 2 / Math.tan(FIELD_OF_VIEW / 2);
  }

  // Computes the axes of the picture; call it after a change.
  aim() {
    const [sinYaw, cosYaw] = [Math.sin(this.yaw), Math.cos(this.yaw)];
    const [sinPitch, cosPitch] = [Math.sin(this.pitch), Math.cos(this.pitch)];
    this.back = [cosPitch * cosYaw, cosPitch * sinYaw, sinPitch];
    this.right = [-sinYaw, cosYaw, 0];
    this.up = [-sinPitch * cosYaw, -sinPitch * sinYaw, cosPitch];
  }

  // Writes the place in the picture and the depth of a point into `to`.
  project(x, y, z, to) {
    const { target, back, right, up } = this;
    const [dx, dy, dz] = [x - target[0], y - target[1], z - target[2]];
    const depth = this.distance - (dx * back[0] + dy * back[1] + dz * back[2]);
    const scale = this.focal / Math.max(depth, 0.01);
    to[0] = this.width / 2 + scale * (dx * right[0] + dy * right[1]);
    to[1] = this.height / 2 - scale * (dx * up[0] + dy * up[1] + dz * up[2]);
    to[2] = depth;
    return to;
  }

  turn(yaw, pitch) {
    this.yaw += yaw;
    this.pitch = Math.max(-0.1, Math.min(1.55, this.pitch + pitch));
  }

  zoom(factor) {
    this.distance = Math.max(0.8, Math.min(60, this.distance * factor));
  }
}

// The directions of the views: yaw relative to that of the sensor, and pitch.
const VIEWS = {
  angle: { title: "Oblique", yaw: 0.65, pitch: 0.22 },
  sensor: { title: "Sensor", yaw: 0, pitch: 0.06 },
  side: { title: "Side", yaw: Math.PI / 2, pitch: 0.06 },
  top: { title: "Top", yaw: 0, pitch: 1.5 },
  scene: { title: "Scene", yaw: 0.9, pitch: 0.45 },
};

const PERSON_METERS = 1.8; // what is larger is seen from farther away
const MIDDLE_METERS = 0.9; // the height of the middle of a person

// Returns the height at which a camera looks: a mesh may be anywhere.
function heightOf(clip, frame) {
  return clip.head.size === null ? MIDDLE_METERS : clip.center(frame)[2];
}

// Turns a camera to a view of a clip. `whole` keeps the whole path in the picture.
function applyView(camera, name, clip, whole) {
  const { yaw, pitch } = VIEWS[name];
  const sensor = clip.sensor(0);
  const [x, y] = clip.center(0);
  const toSensor = sensor ? Math.atan2(sensor[1] - y, sensor[0] - x) : -Math.PI / 2;
  camera.yaw = toSensor + yaw;
  camera.pitch = pitch;
  const { low, high } = extentOf(clip, name === "scene");
  const reach = Math.hypot(high[0] - low[0], high[1] - low[1]);
  const scale = clip.head.size === null ? 1 : Math.max(0.05, clip.head.size / PERSON_METERS);
  camera.distance = (whole || name === "scene" ? 4 + 1.1 * reach : 4.4) * scale;
}

// Returns the extent of the path on the floor, maybe with the sensor.
function extentOf(clip, withSensor) {
  const places = Array.from({ length: clip.frames }, (_, frame) => clip.center(frame));
  if (withSensor) places.push(...clip.head.sensors);
  const axis = (of, number) => of(...places.map((place) => place[number]));
  return {
    low: [axis(Math.min, 0), axis(Math.min, 1)],
    high: [axis(Math.max, 0), axis(Math.max, 1)],
  };
}

// Returns what the camera looks at: the person, or the middle of the path.
function targetOf(clip, frame, name, whole) {
  if (!whole && name !== "scene") {
    const [x, y] = clip.center(frame);
    return [x, y, heightOf(clip, frame)];
  }
  const { low, high } = extentOf(clip, name === "scene");
  return [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, heightOf(clip, frame)];
}
