// Pose a body in the page, as motiondata/bodies/posing.py does. packed_body.py packs what is read.

// What all shapes and poses of a body share.
class Skin {
  constructor(head, bytes) {
    const { vertices, faces, most, blends } = head;
    const sizes = [12 * faces, 2 * vertices * most, vertices * most, 3 * vertices * blends];
    let at = 0;
    const [face, weight, joint, blend] = sizes.map((size) => bytes.slice(at, (at += size)).buffer);
    this.head = head;
    this.faces = new Uint32Array(face);
    this.weights = Float32Array.from(new Uint16Array(weight), (steps) => steps / 65535);
    this.joints = new Uint8Array(joint);
    this.blends = new Int8Array(blend);
  }
}

// A body that moves: its vertices in each frame, in the frame of reference of its clip.
class PosedBody {
  constructor(head, bytes, skin) {
    const streams = new Streams(bytes);
    const [angle, place, rest] = head.steps;
    const joints = head.joints.length;
    this.skin = skin;
    this.note = head.note;
    this.restJoints = head.joints;
    this.pose = scaledRows(streams.columns(head.frames, 3 * joints), head.frames, angle);
    this.roots = scaledRows(streams.columns(head.frames, 3), head.frames, place);
    this.rest = scaledRows(streams.columns(skin.head.vertices, 3), skin.head.vertices, rest);
    this.posed = new Float32Array(this.rest.length);
    this.shaped = new Float32Array(this.rest.length);
    this.frame = -1;
  }

  facesAt() {
    return this.skin.faces;
  }

  // Returns the vertices of a frame: x, y, z of each. The next call overwrites them.
  verticesAt(frame) {
    if (frame !== this.frame) {
      this.frame = frame;
      const turns = this.localTurns(frame);
      this.blend(turns);
      this.skinAll(this.transforms(frame, turns));
    }
    return this.posed;
  }

  localTurns(frame) {
    const joints = this.restJoints.length;
    return this.restJoints.map((_, joint) => {
      const at = 3 * (frame * joints + joint);
      return rotationOf(this.pose[at], this.pose[at + 1], this.pose[at + 2]);
    });
  }

  // Adds pose blend shapes to the rest surface.
  blend(turns) {
    const { shaped, rest, skin } = this;
    shaped.set(rest);
    const { blends, head } = skin;
    for (let shape = 0; shape < head.blends; shape++) {
      const element = shape % 9;
      const identity = element % 4 === 0 ? 1 : 0;
      const amount = (turns[1 + Math.floor(shape / 9)][element] - identity) * head.blend_step;
      if (Math.abs(amount) < 1e-9) continue;
      const from = shape * shaped.length;
      for (let at = 0; at < shaped.length; at++) shaped[at] += amount * blends[from + at];
    }
  }

  // Returns, joint by joint, three rows of four numbers: from the rest pose to the frame's.
  transforms(frame, turns) {
    const { restJoints, skin } = this;
    const whole = [];
    const places = [];
    const rows = new Float32Array(12 * restJoints.length);
    restJoints.forEach((rest, joint) => {
      const parent = skin.head.parents[joint];
      if (parent < 0) {
        whole.push(turns[joint]);
        places.push([...this.roots.subarray(3 * frame, 3 * frame + 3)]);
      } else {
        whole.push(product(whole[parent], turns[joint]));
        const bone = rest.map((value, axis) => value - restJoints[parent][axis]);
        const turned = applied(whole[parent], bone);
        places.push(turned.map((value, axis) => value + places[parent][axis]));
      }
      const shift = applied(whole[joint], rest);
      for (let axis = 0; axis < 3; axis++) {
        rows.set(whole[joint].slice(3 * axis, 3 * axis + 3), 12 * joint + 4 * axis);
        rows[12 * joint + 4 * axis + 3] = places[joint][axis] - shift[axis];
      }
    });
    return rows;
  }

  skinAll(rows) {
    const { posed, shaped, skin } = this;
    const { most } = skin.head;
    const { weights, joints } = skin;
    for (let vertex = 0; vertex < shaped.length / 3; vertex++) {
      const at = 3 * vertex;
      const [x, y, z] = [shaped[at], shaped[at + 1], shaped[at + 2]];
      let [px, py, pz] = [0, 0, 0];
      for (let each = vertex * most; each < (vertex + 1) * most; each++) {
        const weight = weights[each];
        if (weight === 0) break; // the largest come first
        const row = 12 * joints[each];
        px += weight * (rows[row] * x + rows[row + 1] * y + rows[row + 2] * z + rows[row + 3]);
        py += weight * (rows[row + 4] * x + rows[row + 5] * y + rows[row + 6] * z + rows[row + 7]);
        pz += weight * (rows[row + 8] * x + rows[row + 9] * y + rows[row + 10] * z + rows[row + 11]);
      }
      posed[at] = px;
      posed[at + 1] = py;
      posed[at + 2] = pz;
    }
  }
}

// Returns numbers that are stored column by column as rows of three or more, in their unit.
function scaledRows(columns, rows, step) {
  const width = columns.length / rows;
  const values = new Float32Array(columns.length);
  for (let column = 0; column < width; column++) {
    for (let row = 0; row < rows; row++) {
      values[row * width + column] = columns[column * rows + row] * step;
    }
  }
  return values;
}

// Returns the matrix of an axis-angle vector, row by row, by Rodrigues' formula.
function rotationOf(x, y, z) {
  const angle = Math.hypot(x, y, z);
  const turn = angle > 0 ? Math.sin(angle) / angle : 1;
  const half = angle > 0 ? Math.sin(angle / 2) / (angle / 2) : 1;
  const bend = 0.5 * half * half;
  return [
    1 - bend * (y * y + z * z), bend * x * y - turn * z, bend * x * z + turn * y,
    bend * x * y + turn * z, 1 - bend * (x * x + z * z), bend * y * z - turn * x,
    bend * x * z - turn * y, bend * y * z + turn * x, 1 - bend * (x * x + y * y),
  ];
}

function product(a, b) {
  return Array.from({ length: 9 }, (_, place) => {
    const [row, column] = [3 * Math.floor(place / 3), place % 3];
    return a[row] * b[column] + a[row + 1] * b[column + 3] + a[row + 2] * b[column + 6];
  });
}

function applied(matrix, [x, y, z]) {
  return [0, 3, 6].map((row) => matrix[row] * x + matrix[row + 1] * y + matrix[row + 2] * z);
}

// Meshes in time: each frame has its own vertices, and its own faces unless all frames share them.
class Meshes {
  constructor(head, bytes) {
    const { vertices, faces, step } = head;
    const total = vertices.reduce((sum, count) => sum + count, 0);
    const streams = new Streams(bytes);
    this.note = head.note;
    this.vertices = splitRows(scaledRows(streams.columns(total, 3), total, step), vertices);
    const rest = bytes.slice(streams.at);
    this.faces = splitRows(new Uint32Array(rest.buffer), faces);
  }

  facesAt(frame) {
    return this.faces[Math.min(frame, this.faces.length - 1)];
  }

  verticesAt(frame) {
    return this.vertices[frame];
  }
}

// Returns parts of an array of triples, which have these numbers of triples.
function splitRows(values, counts) {
  let at = 0;
  return counts.map((count) => values.subarray(at, (at += 3 * count)));
}
