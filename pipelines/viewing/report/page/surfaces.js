// Draw shaded surfaces with a buffer of depths, without a GPU: the same picture everywhere.

const AMBIENT = 0.42; // the share of light without a direction
const LIGHT = [-0.45, 0.6, 0.75]; // right, up, toward the camera
const MOST_PIXELS = 1.2e6; // of a surface, before its picture is made coarser
const TIE = 0.0025; // surfaces that lie on each other: this share nearer, the first is seen
const BEHIND_METERS = 0.04; // a point that is deeper than the surface by this is hidden

class SurfacePainter {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.area = null;
  }

  // Draws surfaces: each has vertices (x, y, z of each), faces, and a color.
  draw(context, camera, surfaces) {
    const projected = surfaces.map(({ vertices }, number) =>
      projectAll(camera, vertices, 1 - number * TIE));
    this.area = this.prepare(camera, projected);
    if (!this.area) return;
    surfaces.forEach((surface, number) => {
      const shades = shadesOf(camera, surface.vertices, surface.faces);
      this.fill(projected[number], surface.faces, shades, surface.color);
    });
    const { left, top, width, height, scale } = this.area;
    const pen = this.canvas.getContext("2d");
    pen.putImageData(this.picture, 0, 0);
    context.drawImage(
      this.canvas, 0, 0, width, height, left, top, width / scale, height / scale,
    );
  }

  clear() {
    this.area = null;
  }

  // Tells whether a surface hides what is at a place of the picture.
  hides(x, y, depth) {
    if (!this.area) return false;
    const { left, top, width, height, scale } = this.area;
    const [column, row] = [Math.floor((x - left) * scale), Math.floor((y - top) * scale)];
    if (column < 0 || row < 0 || column >= width || row >= height) return false;
    const nearness = this.nearness[row * width + column];
    return nearness > 0 && depth > 1 / nearness + BEHIND_METERS;
  }

  // Returns the part of the picture that surfaces cover, with an empty buffer for it.
  prepare(camera, projected) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const { x, y, nearness } of projected) {
      for (let vertex = 0; vertex < x.length; vertex++) {
        if (nearness[vertex] <= 0) continue;
        left = Math.min(left, x[vertex]);
        right = Math.max(right, x[vertex]);
        top = Math.min(top, y[vertex]);
        bottom = Math.max(bottom, y[vertex]);
      }
    }
    left = Math.max(0, Math.floor(left));
    top = Math.max(0, Math.floor(top));
    right = Math.min(camera.width, Math.ceil(right));
    bottom = Math.min(camera.height, Math.ceil(bottom));
    const size = (right - left) * (bottom - top);
    if (!(right > left && bottom > top)) return null;
    const scale = Math.max(1, Math.min(2, Math.sqrt(MOST_PIXELS / size)));
    const [width, height] = [Math.ceil((right - left) * scale), Math.ceil((bottom - top) * scale)];
    if (this.canvas.width < width) this.canvas.width = width;
    if (this.canvas.height < height) this.canvas.height = height;
    this.picture = new ImageData(width, height);
    this.pixels = new Uint32Array(this.picture.data.buffer);
    this.nearness = new Float32Array(width * height);
    return { left, top, width, height, scale };
  }

  fill({ x, y, nearness }, faces, shades, color) {
    const { left, top, scale } = this.area;
    for (let face = 0; face < faces.length; face += 3) {
      const a = faces[face];
      const b = faces[face + 1];
      const c = faces[face + 2];
      if (nearness[a] <= 0 || nearness[b] <= 0 || nearness[c] <= 0) continue;
      this.fillTriangle(
        (x[a] - left) * scale, (y[a] - top) * scale, nearness[a], shades[a],
        (x[b] - left) * scale, (y[b] - top) * scale, nearness[b], shades[b],
        (x[c] - left) * scale, (y[c] - top) * scale, nearness[c], shades[c], color,
      );
    }
  }

  // Fills a triangle with corners at (x, y), by shares of its corners that grow along each row.
  fillTriangle(ax, ay, an, as, bx, by, bn, bs, cx, cy, cn, cs, color) {
    const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    if (area === 0) return;
    const { width, height } = this.area;
    const first = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5));
    const last = Math.min(width - 1, Math.floor(Math.max(ax, bx, cx) - 0.5));
    const upper = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
    const lower = Math.min(height - 1, Math.floor(Math.max(ay, by, cy) - 0.5));
    const vx = (cy - ay) / area;
    const wx = (ay - by) / area;
    for (let row = upper; row <= lower; row++) {
      const py = row + 0.5 - ay;
      let v = ((first + 0.5 - ax) * (cy - ay) - (cx - ax) * py) / area;
      let w = ((bx - ax) * py - (first + 0.5 - ax) * (by - ay)) / area;
      for (let column = first; column <= last; column++, v += vx, w += wx) {
        const u = 1 - v - w;
        if (u < 0 || v < 0 || w < 0) continue;
        const near = u * an + v * bn + w * cn;
        const at = row * width + column;
        if (near <= this.nearness[at]) continue;
        this.nearness[at] = near;
        const shade = u * as + v * bs + w * cs;
        this.pixels[at] = packed(color[0] * shade, color[1] * shade, color[2] * shade);
      }
    }
  }
}

// Returns an opaque pixel as a number, on processors whose numbers begin with the lowest byte.
function packed(red, green, blue) {
  return 0xff000000 | (Math.min(255, blue) << 16) | (Math.min(255, green) << 8) | Math.min(255, red);
}

// Returns the places of vertices in the picture, and one over their depths times `closeness`; 0
// behind the camera.
function projectAll(camera, vertices, closeness) {
  const count = vertices.length / 3;
  const [x, y, nearness] = [0, 1, 2].map(() => new Float32Array(count));
  const place = [0, 0, 0];
  for (let vertex = 0; vertex < count; vertex++) {
    camera.project(vertices[3 * vertex], vertices[3 * vertex + 1], vertices[3 * vertex + 2], place);
    x[vertex] = place[0];
    y[vertex] = place[1];
    nearness[vertex] = place[2] > 0.05 ? closeness / place[2] : 0;
  }
  return { x, y, nearness };
}

// Returns the sums of the normals of each vertex's faces, weighted by area.
function normalsOf(vertices, faces) {
  const normals = new Float32Array(vertices.length);
  for (let face = 0; face < faces.length; face += 3) {
    const a = 3 * faces[face];
    const b = 3 * faces[face + 1];
    const c = 3 * faces[face + 2];
    const ux = vertices[b] - vertices[a];
    const uy = vertices[b + 1] - vertices[a + 1];
    const uz = vertices[b + 2] - vertices[a + 2];
    const vx = vertices[c] - vertices[a];
    const vy = vertices[c + 1] - vertices[a + 1];
    const vz = vertices[c + 2] - vertices[a + 2];
    for (let corner = 0; corner < 3; corner++) {
      const at = corner === 0 ? a : corner === 1 ? b : c;
      normals[at] += uy * vz - uz * vy;
      normals[at + 1] += uz * vx - ux * vz;
      normals[at + 2] += ux * vy - uy * vx;
    }
  }
  return normals;
}

// Returns how bright each vertex is. The light comes from above the camera, from its left.
function shadesOf(camera, vertices, faces) {
  const normals = normalsOf(vertices, faces);
  const length = Math.hypot(...LIGHT);
  const light = [0, 1, 2].map((axis) =>
    (LIGHT[0] * camera.right[axis] + LIGHT[1] * camera.up[axis] + LIGHT[2] * camera.back[axis]) / length);
  const shades = new Float32Array(vertices.length / 3);
  for (let vertex = 0; vertex < shades.length; vertex++) {
    const at = 3 * vertex;
    const x = normals[at];
    const y = normals[at + 1];
    const z = normals[at + 2];
    const size = Math.sqrt(x * x + y * y + z * z) || 1;
    const facing = (x * light[0] + y * light[1] + z * light[2]) / size;
    shades[vertex] = 1.15 * (AMBIENT + (1 - AMBIENT) * Math.max(0, facing));
  }
  return shades;
}
