// Draw one moment of a clip on a canvas: floor, sensor, rays, points, skeleton.

const PART_COUNT = 22;
const NOT_THE_PERSON = 254; // the part of points of the surroundings
const SURROUNDINGS_COLOR = "#8c564b";
const GHOSTS = 9; // moments in the picture of a whole clip
const RAYS = 24; // rays in the picture of a scan
const POINT_METERS = 0.012; // radius of a point
const VIRIDIS = ["#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884",
  "#44bf70", "#7ad151", "#bddf26", "#fde725"].map(hexToRgb);
const SHADES = 64;
const BODY_COLOR = [150, 174, 208];
const LAYER_COLORS = ["#2a78d6", "#e07b1f"]; // of two datasets over each other

function hexToRgb(hex) {
  return [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));
}

// Returns the color of a body on which points of the given color can be seen.
function paler(color) {
  return color.map((channel) => channel + 0.55 * (255 - channel));
}

function viridis(share) {
  const place = Math.max(0, Math.min(1, share)) * (VIRIDIS.length - 1);
  const lower = Math.min(Math.floor(place), VIRIDIS.length - 2);
  const mix = VIRIDIS[lower].map(
    (low, channel) => low + (place - lower) * (VIRIDIS[lower + 1][channel] - low),
  );
  return `rgb(${mix.map(Math.round).join(",")})`;
}

const SHADE_COLORS = Array.from({ length: SHADES }, (_, shade) => viridis(shade / (SHADES - 1)));

// Returns the colors of the page that a drawing uses.
function pageColors() {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(`--${name}`).trim();
  return { back: named("canvas"), grid: named("grid"), ink: named("ink"), accent: named("accent") };
}

class Drawing {
  constructor(partColors) {
    this.partColors = partColors;
    this.place = [0, 0, 0];
    this.surfaces = new SurfacePainter();
  }

  // `settings` has color, skeleton, body, sensor, floor, and which layers are shown.
  draw(context, camera, clip, frame, settings, colors) {
    context.fillStyle = colors.back;
    context.fillRect(0, 0, camera.width, camera.height);
    camera.aim();
    if (settings.floor) this.drawFloor(context, camera, colors);
    const layers = layersOf(clip, frame, settings);
    if (settings.sensor) this.drawSensors(context, camera, layers, colors);
    this.surfaces.clear();
    if (settings.body) this.drawBodies(context, camera, layers);
    if (settings.color === "time") this.drawGhosts(context, camera, clip, frame, settings, colors);
    this.drawMoment(context, camera, layers, settings, colors);
  }

  drawMoment(context, camera, layers, settings, colors) {
    this.drawPoints(context, camera, layers, settings);
    if (!settings.skeleton) return;
    for (const layer of layers) {
      this.drawSkeleton(context, camera, layer.clip, layer.frame, this.boneColor(layer, settings, colors));
    }
  }

  drawBodies(context, camera, layers) {
    const shown = layers.filter(({ clip }) => clip.body);
    this.surfaces.draw(context, camera, shown.map(({ clip, frame, color }) => ({
      vertices: clip.body.verticesAt(frame),
      faces: clip.body.facesAt(frame),
      color: color ? paler(hexToRgb(color)) : BODY_COLOR,
    })));
  }

  // Returns the color of bones; null where each has that of its body part.
  boneColor({ clip, frame, color }, settings, colors) {
    if (settings.color === "dataset") return color ?? colors.ink;
    if (settings.color === "time") return this.timeColor(clip, frame);
    return clip.head.points || clip.joints !== PART_COUNT ? colors.ink : null;
  }

  // Draws evenly spaced moments of the whole clip, in the color of their time.
  drawGhosts(context, camera, clip, frame, settings, colors) {
    context.globalAlpha = 0.4;
    for (let ghost = 0; ghost < GHOSTS; ghost++) {
      const at = Math.round((ghost * (clip.frames - 1)) / (GHOSTS - 1));
      if (at === frame) continue;
      this.drawMoment(context, camera, layersOf(clip, at, settings), settings, colors);
    }
    context.globalAlpha = 1;
  }

  drawFloor(context, camera, colors) {
    const [x, y] = camera.target.map(Math.round);
    const reach = Math.min(14, Math.max(3, Math.ceil(camera.distance - 2)));
    context.strokeStyle = colors.grid;
    context.lineWidth = 1;
    context.beginPath();
    for (let at = -reach; at <= reach; at += 0.5) {
      this.addLine(context, camera, [x + at, y - reach, 0], [x + at, y + reach, 0]);
      this.addLine(context, camera, [x - reach, y + at, 0], [x + reach, y + at, 0]);
    }
    context.stroke();
  }

  // Adds a line to the path; what is behind the camera is left out.
  addLine(context, camera, from, to) {
    const near = 0.2;
    let [a, b] = [from, to];
    const depths = [a, b].map((end) => camera.project(...end, this.place)[2]);
    if (Math.max(...depths) < near) return;
    const cut = (front, back, share) =>
      front.map((value, axis) => value + share * (back[axis] - value));
    if (depths[0] < near) a = cut(b, a, (depths[1] - near) / (depths[1] - depths[0]));
    if (depths[1] < near) b = cut(a, b, (depths[0] - near) / (depths[0] - depths[1]));
    camera.project(...a, this.place);
    context.moveTo(this.place[0], this.place[1]);
    camera.project(...b, this.place);
    context.lineTo(this.place[0], this.place[1]);
  }

  drawSensors(context, camera, layers, colors) {
    for (const { clip, frame, color } of layers) {
      if (clip.sensor(frame)) this.drawSensor(context, camera, clip, frame, color ?? colors.accent);
    }
  }

  drawSensor(context, camera, clip, frame, color) {
    const sensor = clip.sensor(frame);
    const [first, stop] = [clip.starts[frame], clip.starts[frame + 1]];
    const every = Math.max(1, Math.floor((stop - first) / RAYS));
    context.strokeStyle = context.fillStyle = color;
    context.lineWidth = 0.7;
    context.globalAlpha = 0.35;
    context.beginPath();
    for (let point = first; point < stop; point += every) {
      this.addLine(context, camera, sensor, [...clip.points.subarray(3 * point, 3 * point + 3)]);
    }
    context.stroke();
    context.globalAlpha = 1;
    context.lineWidth = 1.5;
    context.beginPath();
    this.addLine(context, camera, sensor, [sensor[0], sensor[1], 0]);
    const path = clip.head.sensors;
    for (let at = 1; at < path.length; at++) this.addLine(context, camera, path[at - 1], path[at]);
    context.stroke();
    this.drawMarker(context, camera, sensor);
  }

  drawMarker(context, camera, sensor) {
    const [x, y, depth] = camera.project(...sensor, this.place);
    if (depth < 0.2) return;
    const size = Math.max(3, (0.06 * camera.focal) / depth);
    context.beginPath();
    context.roundRect(x - size, y - size, 2 * size, 2 * size, size / 2);
    context.fill();
  }

  drawPoints(context, camera, layers, settings) {
    const found = layers.flatMap((layer) => this.visiblePoints(camera, layer));
    found.sort((a, b) => b[0] - a[0]); // the farthest first: nearer ones cover them
    for (const layer of layers) layer.span = rangeSpan(layer.clip, layer.frame);
    for (const [depth, x, y, point, layer] of found) {
      const radius = Math.max(0.9, (POINT_METERS * camera.focal) / depth);
      context.fillStyle = this.pointColor(layer, point, settings.color);
      context.beginPath();
      context.arc(x, y, radius, 0, 7);
      context.fill();
    }
  }

  // Returns the points of a frame that are before the camera and not behind a body.
  visiblePoints(camera, layer) {
    const { clip, frame } = layer;
    const found = [];
    for (let point = clip.starts[frame]; point < clip.starts[frame + 1]; point++) {
      const at = 3 * point;
      const [x, y, depth] = camera.project(
        clip.points[at], clip.points[at + 1], clip.points[at + 2], this.place,
      );
      if (depth > 0.2 && !this.surfaces.hides(x, y, depth)) found.push([depth, x, y, point, layer]);
    }
    return found;
  }

  pointColor({ clip, frame, color, span }, point, by) {
    if (by === "dataset") return color ?? "#9a9a9a";
    if (by === "part") return this.partColor(clip.parts[point]);
    if (by === "time") return this.timeColor(clip, frame);
    const { nearest, farthest } = span;
    const share = (clip.ranges[point] - nearest) / Math.max(farthest - nearest, 1e-6);
    return SHADE_COLORS[Math.round(share * (SHADES - 1))];
  }

  partColor(part) {
    return this.partColors[part] || (part === NOT_THE_PERSON ? SURROUNDINGS_COLOR : "#9a9a9a");
  }

  timeColor(clip, frame) {
    return SHADE_COLORS[Math.round((frame / Math.max(1, clip.frames - 1)) * (SHADES - 1))];
  }

  // Draws bones in one color, or each in the color of the body part at its end.
  drawSkeleton(context, camera, clip, frame, color) {
    const joint = (number) => {
      const at = 3 * (frame * clip.joints + number);
      return [...clip.skeleton.subarray(at, at + 3)];
    };
    const scanned = clip.head.points > 0;
    context.lineWidth = Math.max(1.5, ((scanned ? 0.018 : 0.035) * camera.focal) / camera.distance);
    context.lineCap = context.lineJoin = "round";
    const before = context.globalAlpha;
    context.globalAlpha = before * (scanned ? 0.75 : 1);
    clip.head.parents.forEach((parent, child) => {
      if (parent < 0) return;
      context.strokeStyle = color ?? this.partColors[child] ?? this.partColors[child - this.partColors.length];
      context.beginPath();
      this.addLine(context, camera, joint(parent), joint(child));
      context.stroke();
    });
    context.globalAlpha = before;
  }
}

// Returns the range of the nearest and the farthest point of a frame, meters.
function rangeSpan(clip, frame) {
  const ranges = clip.ranges.subarray(clip.starts[frame], clip.starts[frame + 1]);
  if (!ranges.length) return { nearest: 0, farthest: 0 };
  return { nearest: Math.min(...ranges), farthest: Math.max(...ranges) };
}

// Returns what is drawn of a moment: the clip, and the one that is laid over it, each in its color.
function layersOf(clip, frame, settings) {
  if (!clip.over) return [{ clip, frame, color: null }];
  const at = Math.floor((frame / clip.head.fps) * clip.over.head.fps + 1e-6);
  return [
    { clip, frame, color: LAYER_COLORS[0] },
    { clip: clip.over, frame: Math.min(at, clip.over.frames - 1), color: LAYER_COLORS[1] },
  ].filter((_, number) => (settings.layers ? settings.layers[number] : number === 0));
}
