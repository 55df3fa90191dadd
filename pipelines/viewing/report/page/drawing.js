// Draw one moment of a clip on a canvas: floor, sensor, rays, points, skeleton.

const PART_COUNT = 22;
const GHOSTS = 9; // moments in the picture of a whole clip
const RAYS = 24; // rays in the picture of a scan
const POINT_METERS = 0.012; // radius of a point
const VIRIDIS = ["#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884",
  "#44bf70", "#7ad151", "#bddf26", "#fde725"].map(hexToRgb);
const SHADES = 64;

function hexToRgb(hex) {
  return [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));
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
    this.order = [];
  }

  // `settings` has color, skeleton, sensor and floor.
  draw(context, camera, clip, frame, settings, colors) {
    context.fillStyle = colors.back;
    context.fillRect(0, 0, camera.width, camera.height);
    camera.aim();
    if (settings.floor) this.drawFloor(context, camera, colors);
    if (settings.sensor && clip.head.sensor) this.drawSensor(context, camera, clip, frame, colors);
    if (settings.color === "time") this.drawGhosts(context, camera, clip, frame, settings, colors);
    this.drawMoment(context, camera, clip, frame, settings, colors);
  }

  drawMoment(context, camera, clip, frame, settings, colors) {
    this.drawPoints(context, camera, clip, frame, settings);
    if (settings.skeleton) {
      this.drawSkeleton(context, camera, clip, frame, this.boneColor(clip, frame, settings, colors));
    }
  }

  // Returns the color of bones; null where each has that of its body part.
  boneColor(clip, frame, settings, colors) {
    if (settings.color === "time") return this.timeColor(clip, frame);
    return clip.head.points || clip.joints !== PART_COUNT ? colors.ink : null;
  }

  // Draws evenly spaced moments of the whole clip, in the color of their time.
  drawGhosts(context, camera, clip, frame, settings, colors) {
    context.globalAlpha = 0.4;
    for (let ghost = 0; ghost < GHOSTS; ghost++) {
      const at = Math.round((ghost * (clip.frames - 1)) / (GHOSTS - 1));
      if (at !== frame) this.drawMoment(context, camera, clip, at, settings, colors);
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

  drawSensor(context, camera, clip, frame, colors) {
    const sensor = clip.head.sensor;
    const [first, stop] = [clip.starts[frame], clip.starts[frame + 1]];
    const every = Math.max(1, Math.floor((stop - first) / RAYS));
    context.strokeStyle = context.fillStyle = colors.accent;
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

  drawPoints(context, camera, clip, frame, settings) {
    const points = this.sortedPoints(camera, clip, frame);
    this.span = rangeSpan(clip, frame);
    for (const [depth, x, y, point] of points) {
      const radius = Math.max(0.9, (POINT_METERS * camera.focal) / depth);
      context.fillStyle = this.pointColor(clip, frame, point, settings.color);
      context.beginPath();
      context.arc(x, y, radius, 0, 7);
      context.fill();
    }
  }

  // Returns the points of a frame, the farthest first, so that nearer ones cover them.
  sortedPoints(camera, clip, frame) {
    const found = [];
    for (let point = clip.starts[frame]; point < clip.starts[frame + 1]; point++) {
      const at = 3 * point;
      const [x, y, depth] = camera.project(
        clip.points[at], clip.points[at + 1], clip.points[at + 2], this.place,
      );
      if (depth > 0.2) found.push([depth, x, y, point]);
    }
    return found.sort((a, b) => b[0] - a[0]);
  }

  pointColor(clip, frame, point, by) {
    if (by === "part") return this.partColors[clip.parts[point]] || "#9a9a9a";
    if (by === "time") return this.timeColor(clip, frame);
    const { nearest, farthest } = this.span;
    const share = (clip.ranges[point] - nearest) / Math.max(farthest - nearest, 1e-6);
    return SHADE_COLORS[Math.round(share * (SHADES - 1))];
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
      context.strokeStyle = color ?? this.partColors[child];
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
