// Play clips: a canvas, controls, and captions with their seconds on the timeline.

const SPEEDS = [0.25, 0.5, 1, 2, 4];
const BAR_COLORS = Array.from({ length: 9 }, (_, place) => viridis(place / 8)).join(",");
const COLORS_BY = { part: "body part", range: "range", time: "time", dataset: "dataset" };
const SHOWN = ["skeleton", "body", "sensor", "floor"];

class Player {
  // `regions` are the names of groups of body parts and their colors; `layers` the names of two
  // datasets that are laid over each other, if there are two. If the clips of the dataset do not
  // play, their captions are shown.
  constructor(clips, { part_colors: partColors, regions, layers = [], plays }) {
    this.clips = clips;
    this.regions = regions;
    this.layers = layers;
    this.plays = plays;
    this.drawing = new Drawing(partColors);
    this.camera = new Camera();
    this.clip = null;
    this.frame = 0;
    this.speed = 1;
    this.playing = false;
    this.view = "angle";
    this.settings = {
      color: layers.length ? "dataset" : "part",
      skeleton: true, body: true, sensor: true, floor: true, layers: layers.map(() => true),
    };
    this.element = this.build();
    this.context = this.canvas.getContext("2d");
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.followPointer();
  }

  build() {
    this.canvas = element("canvas", { id: "canvas", tabindex: "0", "aria-label": "The clip" });
    this.title = element("h3", { id: "playing" }, "");
    this.note = element("p", { class: "note" });
    this.remarks = element("p", { class: "remarks", id: "remarks" });
    this.clock = element("output", { id: "clock" });
    this.legend = element("div", { class: "legend" });
    this.playButton = element(
      "button", { id: "play", class: "main", onclick: () => this.toggle() }, "Play",
    );
    this.slider = element("input", {
      type: "range", id: "scrub", min: 0, max: 0, value: 0, step: 1, "aria-label": "Frame",
      oninput: () => this.seek(Number(this.slider.value)),
    });
    this.captions = element("div", { id: "captions", class: "captions" });
    return element(
      "div", { class: this.plays ? "player" : "player still" },
      element("div", { class: "stage" }, this.canvas, this.clock, this.legend),
      element(
        "div", { class: "panel" },
        this.title,
        this.note,
        this.controls(),
        this.remarks,
        element("div", { class: "timeline" }, this.slider, this.captions),
      ),
    );
  }

  controls() {
    const speed = select(
      "speed", "Speed", SPEEDS.map((each) => [each, `${each}×`]), 1,
      (value) => { this.speed = Number(value); },
    );
    const color = select(
      "color", "Color", this.colorsBy(), this.settings.color,
      (value) => { this.settings.color = value; this.show(this.view); },
    );
    this.colorControl = color;
    this.viewButtons = Object.entries(VIEWS).map(([name, { title }]) =>
      element("button", { id: `view-${name}`, onclick: () => this.show(name) }, title));
    this.toggles = Object.fromEntries(SHOWN.map((name) => [name, this.toggleOf(name)]));
    return element(
      "div", { class: "controls" },
      this.playButton,
      element("div", { id: "of-clips", class: "group", role: "group", "aria-label": "Clip" },
        element("button", { id: "previous", onclick: () => list.move(-1) }, "Previous"),
        element("button", { id: "next", onclick: () => list.move(1) }, "Next")),
      element("div", { class: "group", role: "group", "aria-label": "View" }, ...this.viewButtons),
      color, speed, ...Object.values(this.toggles), ...this.layerToggles(),
    );
  }

  colorsBy() {
    return Object.entries(COLORS_BY).filter(([name]) => this.layers.length || name !== "dataset");
  }

  layerToggles() {
    return this.layers.map((name, number) => {
      const swatch = element("i", { class: "dot" });
      swatch.style.background = LAYER_COLORS[number];
      const box = element("input", {
        type: "checkbox", id: `layer-${number}`, checked: true,
        onchange: () => { this.settings.layers[number] = box.checked; this.draw(); },
      });
      return element("label", { class: "toggle layer", for: `layer-${number}` }, box, " ", swatch, name);
    });
  }

  toggleOf(name) {
    const box = element("input", {
      type: "checkbox", id: `show-${name}`, checked: true,
      onchange: () => { this.settings[name] = box.checked; this.draw(); },
    });
    return element("label", { class: "toggle", for: `show-${name}` }, box, ` ${name}`);
  }

  // Whether the picture shows moments of the whole clip.
  get whole() {
    return this.settings.color === "time";
  }

  async open(row) {
    this.stop();
    this.row = row;
    this.title.textContent = row.key;
    const there = this.clips.has(row.key);
    this.note.textContent = there || !this.plays ? rowFacts(row) : `${rowFacts(row)}. ${absentNote(row)}`;
    this.opened = null;
    const opened = there ? await this.clips.open(row.key) : null;
    if (this.row !== row) return; // another clip was opened meanwhile
    this.opened = opened;
    this.clip = this.plays ? opened : null;
    this.element.classList.toggle("absent", !opened);
    if (there && !this.opened) this.note.textContent += `. ${this.clips.problems.get(row.key)}`;
    this.showRemarks();
    if (this.clip) this.clips.bodiesOf?.(this.clip)?.then(() => this.showBodies(row));
    this.showCaptions();
    this.showAvailable();
    this.show(this.view);
    this.seek(0);
  }

  // Draws bodies that have arrived after their clip.
  showBodies(row) {
    if (this.row !== row) return;
    this.showAvailable();
    this.showRemarks();
    this.draw();
  }

  showRemarks() {
    this.remarks.replaceChildren(...(this.opened?.remarks ?? []).map((text) => element("span", {}, `${text}. `)));
  }

  showAvailable() {
    const scanned = Boolean(this.clip && this.clip.head.points);
    const jointed = Boolean(this.clip && this.clip.joints);
    this.colorControl.hidden = !scanned && !jointed;
    this.colorControl.querySelector("option[value=range]").disabled = !scanned;
    if (!scanned && this.settings.color === "range") {
      this.settings.color = this.colorControl.querySelector("select").value = "part";
    }
    this.toggles.skeleton.hidden = !jointed;
    this.toggles.sensor.hidden = !scanned;
    this.toggles.body.hidden = !(this.clip?.body || this.clip?.over?.body);
    document.getElementById("view-sensor").textContent = scanned ? "Sensor" : "Front";
    this.slider.max = this.clip ? this.clip.frames - 1 : 0;
  }

  showCaptions() {
    const head = this.opened?.head;
    const seconds = head ? head.frames / head.fps : 1;
    const captions = head ? head.captions : this.row.captions.map((text) => [text, 0, 0]);
    this.bars = captions.map(([text, start, end]) => {
      const whole = end === 0;
      const [from, to] = whole ? [0, seconds] : [Math.max(0, start), Math.min(end, seconds)];
      const time = whole ? "" : ` ${rounded(from, 1)}–${rounded(to, 1)} s`;
      const bar = element("span", { class: "bar" });
      bar.style.left = `${(100 * from) / seconds}%`;
      bar.style.width = `${(100 * Math.max(0, to - from)) / seconds}%`;
      const line = element(
        "button", { class: "caption", onclick: () => this.seekSeconds(from) },
        element("span", { class: "track" }, bar),
        element("span", { class: "text" }, text, element("small", {}, time)),
      );
      return { line, from, to };
    });
    const predictions = (head?.predictions ?? []).map(([by, text]) =>
      element("p", { class: "prediction" }, element("small", {}, `${by}: `), text));
    this.captions.replaceChildren(
      ...(predictions.length ? [element("h4", {}, "Captions of the clip")] : []),
      ...this.bars.map(({ line }) => line),
      ...(predictions.length ? [element("h4", {}, "Predicted")] : []),
      ...predictions,
    );
  }

  show(name) {
    this.view = name;
    if (this.clip) applyView(this.camera, name, this.clip, this.whole);
    this.viewButtons.forEach((button) =>
      button.setAttribute("aria-pressed", button.id === `view-${name}`));
    this.draw();
  }

  seekSeconds(seconds) {
    if (this.clip) this.seek(Math.floor(seconds * this.clip.head.fps));
  }

  seek(frame) {
    if (!this.clip) return this.draw();
    this.frame = Math.max(0, Math.min(this.clip.frames - 1, frame));
    this.slider.value = this.frame;
    this.draw();
  }

  step(frames) {
    this.stop();
    this.seek(this.frame + frames);
  }

  toggle() {
    if (this.playing) this.stop();
    else this.play();
  }

  play() {
    if (!this.clip) return;
    this.playing = true;
    this.playButton.textContent = "Pause";
    let [before, at] = [null, this.frame];
    const tick = (now) => {
      if (!this.playing) return;
      if (Math.floor(at) !== this.frame) at = this.frame; // the user has moved the slider
      at += ((now - (before ?? now)) / 1000) * this.speed * this.clip.head.fps;
      before = now;
      if (at >= this.clip.frames) at = 0;
      if (Math.floor(at) !== this.frame) this.seek(Math.floor(at));
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  stop() {
    this.playing = false;
    this.playButton.textContent = "Play";
  }

  draw() {
    const { canvas, context, camera, clip } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const colors = pageColors();
    if (!clip) {
      context.fillStyle = colors.back;
      context.fillRect(0, 0, width, height);
      this.clock.textContent = "";
      this.showLegend();
      return;
    }
    camera.resize(width, height);
    camera.target = targetOf(clip, this.frame, this.view, this.whole);
    this.drawing.draw(context, camera, clip, this.frame, this.settings, colors);
    this.showLegend();
    const seconds = this.frame / clip.head.fps;
    this.clock.textContent =
      `${seconds.toFixed(2)} of ${clip.seconds.toFixed(2)} s · frame ${this.frame + 1} of ${clip.frames}`;
    this.bars.forEach(({ line, from, to }) =>
      line.classList.toggle("now", seconds >= from && seconds < to));
  }

  // Explains the colors: names of body parts, or a bar with the values at its ends.
  showLegend() {
    const { clip, settings } = this;
    const shown = this.legendParts(clip, settings.color);
    const text = JSON.stringify(shown);
    if (text === this.legendText) return;
    this.legendText = text;
    this.legend.replaceChildren(...shown.map(([name, color]) => {
      const swatch = element("i", { class: name ? "dot" : "gradient" });
      swatch.style.background = color;
      return element("span", {}, ...(color ? [swatch] : []), name);
    }));
  }

  legendParts(clip, by) {
    if (!clip || (!clip.head.points && clip.joints !== PART_COUNT && by === "part")) return [];
    if (by === "dataset") return this.layers.map((name, number) => [name, LAYER_COLORS[number]]);
    if (by === "part") return this.regions;
    const bar = ["", `linear-gradient(90deg, ${BAR_COLORS})`];
    if (by === "time") return [["0 s", ""], bar, [`${rounded(clip.seconds, 1)} s`, ""]];
    const { nearest, farthest } = rangeSpan(clip, this.frame);
    return [[`${nearest.toFixed(2)} m`, ""], bar, [`${farthest.toFixed(2)} m`, ""]];
  }

  // Lets a pointer turn the view, and a wheel or two fingers zoom.
  followPointer() {
    const pointers = new Map();
    const spread = () => {
      const [a, b] = [...pointers.values()];
      return Math.hypot(a[0] - b[0], a[1] - b[1]);
    };
    const { canvas, camera } = this;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, [event.clientX, event.clientY]);
    });
    canvas.addEventListener("pointermove", (event) => {
      const from = pointers.get(event.pointerId);
      if (!from) return;
      const before = pointers.size === 2 ? spread() : 0;
      pointers.set(event.pointerId, [event.clientX, event.clientY]);
      if (before) camera.zoom(before / Math.max(1, spread()));
      else camera.turn((from[0] - event.clientX) / 120, (event.clientY - from[1]) / 160);
      this.draw();
    });
    const release = (event) => pointers.delete(event.pointerId);
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("wheel", (event) => {
      if (document.activeElement !== canvas) return; // a page must scroll over the canvas
      event.preventDefault();
      camera.zoom(Math.exp(event.deltaY / 600));
      this.draw();
    }, { passive: false });
  }
}

function select(id, title, options, chosen, change) {
  const made = element(
    "select", { id, onchange: (event) => change(event.target.value) },
    ...options.map(([value, text]) => element("option", { value }, text)),
  );
  made.value = chosen;
  return element("label", { class: "select", for: id }, `${title} `, made);
}

function rowFacts(row) {
  const facts = [row.subset, row.split];
  if (row.frames !== null) facts.push(counted(row.frames, "frame"));
  if (row.seconds !== null) facts.push(`${rounded(row.seconds, 1)} s`);
  if (row.hits !== null) facts.push(`${rounded(row.hits, 0)} hits per frame`);
  facts.push(...row.flags, row.source);
  return facts.filter(Boolean).join(" · ");
}

function absentNote(row) {
  return `This clip is in the table only. To see it: motiondata view DATASET ${row.key}`;
}
