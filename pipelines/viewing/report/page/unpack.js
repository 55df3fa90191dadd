// Unpack what packed_clip.py and html.py have packed: base64, zlib, differences, planes of bytes.

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function dataText(id) {
  const found = document.getElementById(id);
  return found ? found.textContent : "";
}

// Reads the streams of one clip, one after another.
class Streams {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  // Returns whole numbers, column by column: the sums of differences along each column.
  columns(rows, columns) {
    const total = rows * columns;
    const low = this.take(total);
    const high = this.take(total);
    const values = new Int16Array(total);
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) {
        const place = column * rows + row;
        const folded = low[place] | (high[place] << 8);
        sum += (folded >>> 1) ^ -(folded & 1);
        values[place] = sum; // modulo 2^16, as when packed
      }
    }
    return values;
  }

  take(size) {
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }
}

// A clip with positions in meters, z up, relative to a place on the floor below its first frame.
class Clip {
  constructor(head, bytes) {
    const streams = new Streams(bytes);
    const { frames, step } = head;
    this.head = head;
    this.frames = frames;
    this.joints = head.parents.length;
    const counts = streams.columns(frames, 1);
    this.starts = new Int32Array(frames + 1);
    for (let frame = 0; frame < frames; frame++) {
      this.starts[frame + 1] = this.starts[frame] + (counts[frame] & 0xffff);
    }
    const centers = streams.columns(frames, 3);
    const joints = streams.columns(frames, 3 * this.joints);
    const points = streams.columns(head.points, 3);
    this.parts = streams.take(head.points);
    this.centers = new Float32Array(3 * frames);
    this.skeleton = new Float32Array(3 * frames * this.joints);
    this.points = new Float32Array(3 * head.points);
    for (let frame = 0; frame < frames; frame++) {
      for (let axis = 0; axis < 3; axis++) {
        const center = centers[axis * frames + frame];
        this.centers[3 * frame + axis] = center * step;
        for (let joint = 0; joint < this.joints; joint++) {
          const relative = joints[(3 * joint + axis) * frames + frame];
          this.skeleton[3 * (frame * this.joints + joint) + axis] = (center + relative) * step;
        }
        for (let point = this.starts[frame]; point < this.starts[frame + 1]; point++) {
          this.points[3 * point + axis] = (center + points[axis * head.points + point]) * step;
        }
      }
    }
    this.ranges = rangesOf(this);
  }

  // Moves everything to the origin of another clip, so that both are in one frame of reference.
  toOriginOf(clip) {
    const shift = this.head.origin.map((value, axis) => value - clip.head.origin[axis]);
    for (const places of [this.centers, this.skeleton, this.points]) {
      for (let at = 0; at < places.length; at++) places[at] += shift[at % 3];
    }
    const moved = (place) => place.map((value, axis) => value + shift[axis]);
    this.head.sensors = this.head.sensors.map(moved);
    this.head.origin = clip.head.origin;
  }

  get seconds() {
    return this.frames / this.head.fps;
  }

  // Returns where the sensor is in a frame; undefined without a sensor.
  sensor(frame) {
    const { sensors } = this.head;
    return sensors[Math.min(frame, sensors.length - 1)];
  }

  center(frame) {
    return this.centers.subarray(3 * frame, 3 * frame + 3);
  }
}

// Returns the distance of each point from the sensor, meters.
function rangesOf(clip) {
  const ranges = new Float32Array(clip.head.points);
  for (let frame = 0; clip.sensor(frame) && frame < clip.frames; frame++) {
    const sensor = clip.sensor(frame);
    for (let point = clip.starts[frame]; point < clip.starts[frame + 1]; point++) {
      const [x, y, z] = [0, 1, 2].map((axis) => clip.points[3 * point + axis] - sensor[axis]);
      ranges[point] = Math.hypot(x, y, z);
    }
  }
  return ranges;
}

// The clips that are in the page, by key; each is unpacked when it is first used.
class Clips {
  constructor(heads) {
    this.numbers = new Map(heads.map((head, number) => [head.key, number]));
    this.heads = heads;
    this.unpacked = new Map();
  }

  has(key) {
    return this.numbers.has(key);
  }

  open(key) {
    if (!this.unpacked.has(key)) this.unpacked.set(key, this.unpack(this.numbers.get(key)));
    return this.unpacked.get(key);
  }

  async unpack(number) {
    return new Clip(this.heads[number], await inflate(dataText(`clip-${number}`)));
  }
}
