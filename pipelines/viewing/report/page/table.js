// The table of all clips: searched, filtered and sorted. Only the rows in sight are in the page.

const OVERSCAN = 6; // rows outside of the view that are kept in the page
const THUMBNAIL = 52; // pixels
const REST = "minmax(0, 1fr)"; // the width of the column that takes what the others leave
const COLUMNS = [
  { name: "key", title: "Key", width: "6rem" },
  { name: "caption", title: "Caption", width: REST },
  { name: "subset", title: "Subset", width: "minmax(0, 7.5rem)" },
  { name: "split", title: "Split", width: "3.2rem" },
  { name: "frames", title: "Frames", width: "3.8rem", number: true },
  { name: "seconds", title: "Seconds", width: "4.2rem", number: true, digits: 1 },
  { name: "hits", title: "Hits", width: "3rem", number: true, digits: 0 },
  { name: "flags", title: "Flags", width: "minmax(0, 6.5rem)" },
];

// Gives rows of the columns that html.py has packed.
class Rows {
  constructor(columns) {
    this.columns = columns;
    this.length = columns.key.length;
    this.ranked = new Map();
    this.searched = null;
  }

  // The text of each row that is searched. It is made when it is first needed.
  get words() {
    const { columns } = this;
    this.searched ??= columns.key.map((key, place) =>
      [key, columns.source[place], ...columns.captions[place]].join("\n").toLowerCase());
    return this.searched;
  }

  // Whether a row has a value in a column. Files have few.
  has(name) {
    const { columns } = this;
    if (name === "caption") return columns.captions.some((captions) => captions.length);
    if (name === "flags") return columns.names.flag.length > 0;
    if (name === "subset" || name === "split") return columns.names[name].some(Boolean);
    return columns[name].some((value) => value !== null);
  }

  at(place) {
    const { columns } = this;
    const { names } = columns;
    return {
      place,
      key: columns.key[place],
      captions: columns.captions[place],
      subset: names.subset[columns.subset[place]],
      split: names.split[columns.split[place]],
      source: columns.source[place],
      frames: columns.frames[place],
      seconds: columns.seconds[place],
      hits: columns.hits[place],
      flags: columns.flags[place].map((flag) => names.flag[flag]),
    };
  }

  // Returns what a column is sorted by, for each row.
  sortKeys(name) {
    const { columns } = this;
    if (name === "caption") return columns.captions.map((captions) => captions[0] ?? "");
    if (name === "subset" || name === "split") {
      return columns[name].map((number) => columns.names[name][number]);
    }
    if (name === "flags") return columns.flags.map((flags) => flags.length);
    return columns[name];
  }

  // Returns the place of each row in the order of a column; equal values have the same place. The
  // order is kept: sorting texts takes most of the time.
  ranks(name) {
    if (!this.ranked.has(name)) this.ranked.set(name, ranksOf(this.sortKeys(name)));
    return this.ranked.get(name);
  }

  // Returns the numbers of the rows that have all words and pass the filters.
  matching(query, filters, plays) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const { columns } = this;
    const wanted = Object.fromEntries(
      Object.entries(filters).map(([name, text]) => [name, columns.names[name].indexOf(text)]),
    );
    const found = [];
    for (let place = 0; place < this.length; place++) {
      if (wanted.split >= 0 && columns.split[place] !== wanted.split) continue;
      if (wanted.subset >= 0 && columns.subset[place] !== wanted.subset) continue;
      if (wanted.flag >= 0 && !columns.flags[place].includes(wanted.flag)) continue;
      if (plays && !plays(columns.key[place])) continue;
      if (words.every((word) => this.words[place].includes(word))) found.push(place);
    }
    return found;
  }
}

class ClipList {
  constructor(rows, clips, player, open) {
    this.rows = rows;
    this.clips = clips;
    this.drawing = player.drawing;
    this.pictures = player.plays;
    this.open = open;
    this.query = "";
    this.filters = {};
    this.sort = { name: null, down: false };
    this.chosen = null;
    this.shown = new Map();
    this.columns = COLUMNS.filter(({ name }) => rows.has(name));
    this.element = this.build();
    this.update();
  }

  build() {
    this.count = element("output", { id: "count" });
    const search = element("input", {
      type: "search", id: "search", placeholder: "Search keys, captions, recordings",
      "aria-label": "Search", oninput: () => { this.query = search.value; this.update(); },
    });
    this.search = search;
    this.headers = this.columns.map((column) => this.header(column));
    this.space = element("div", { class: "space" });
    this.body = element(
      "div", { class: "rows", id: "rows", role: "rowgroup", onscroll: () => this.render() },
      this.space,
    );
    new ResizeObserver(() => this.render()).observe(this.body);
    const [captioned, timed] = ["caption", "seconds"].map((name) => this.rows.has(name));
    const grid = element(
      "div",
      { class: `grid${this.pictures ? "" : " plain"}${timed ? "" : " untimed"}`, role: "table", "aria-rowcount": this.rows.length },
      element("div", { class: "row header", role: "row" }, element("span"), ...this.headers),
      this.body,
    );
    const widthOf = ({ name, width }) => name === "key" && !captioned ? REST : width;
    grid.style.setProperty("--columns", this.columns.map(widthOf).join(" "));
    return element(
      "div", {},
      element("div", { class: "filters" }, search, ...this.filterControls(), this.count),
      grid,
    );
  }

  header(column) {
    const button = element("button", { onclick: () => this.sortBy(column.name) }, column.title);
    return element(
      "span",
      { class: `${column.name}${column.number ? " number" : ""}`, role: "columnheader", "data-name": column.name },
      button,
    );
  }

  filterControls() {
    const { names } = this.rows.columns;
    this.selects = {};
    const controls = ["split", "subset", "flag"].filter((name) => names[name].length > 1 || name === "flag" && names.flag.length);
    const made = controls.map((name) => {
      const options = [["", `all ${name}s`], ...names[name].map((text) => [text, text || "(none)"])];
      const label = select(`filter-${name}`, "", options, "", (value) => this.filter(name, value));
      label.querySelector("select").setAttribute("aria-label", name);
      this.selects[name] = label.querySelector("select");
      return label;
    });
    const box = element("input", {
      type: "checkbox", id: "filter-plays",
      onchange: () => { this.plays = box.checked; this.update(); },
    });
    const some = this.pictures && this.clips.heads.length < this.rows.length;
    if (some) made.push(element("label", { class: "toggle", for: "filter-plays" }, box, " plays here"));
    return made;
  }

  filter(name, value) {
    if (value) this.filters[name] = value;
    else delete this.filters[name];
    if (this.selects[name]) this.selects[name].value = value;
    this.update();
  }

  sortBy(name) {
    const { sort } = this;
    if (sort.name !== name) this.sort = { name, down: false };
    else if (!sort.down) this.sort = { name, down: true };
    else this.sort = { name: null, down: false };
    this.update();
  }

  update() {
    const plays = this.plays && ((key) => this.clips.has(key));
    this.places = this.rows.matching(this.query, this.filters, plays);
    this.sortPlaces();
    this.count.textContent = this.places.length === this.rows.length
      ? counted(this.rows.length, "clip")
      : `${grouped(this.places.length)} of ${counted(this.rows.length, "clip")}`;
    for (const header of this.headers) {
      const sorted = header.dataset.name === this.sort.name;
      header.setAttribute("aria-sort", sorted ? (this.sort.down ? "descending" : "ascending") : "none");
    }
    for (const line of this.shown.values()) line.remove();
    this.shown.clear();
    this.body.scrollTop = 0;
    this.render();
  }

  sortPlaces() {
    const { name, down } = this.sort;
    if (!name) return;
    const ranks = this.rows.ranks(name);
    const sign = down ? -1 : 1;
    this.places.sort((a, b) => sign * (ranks[a] - ranks[b]) || a - b);
  }

  // Puts the rows in sight into the page, and removes the others.
  render() {
    const height = this.rowHeight();
    this.space.style.height = `${this.places.length * height}px`;
    const first = Math.max(0, Math.floor(this.body.scrollTop / height) - OVERSCAN);
    const last = Math.min(
      this.places.length, Math.ceil((this.body.scrollTop + this.body.clientHeight) / height) + OVERSCAN,
    );
    for (const [number, line] of this.shown) {
      if (number < first || number >= last) {
        line.remove();
        this.shown.delete(number);
      }
    }
    for (let number = first; number < last; number++) {
      if (!this.shown.has(number)) this.shown.set(number, this.addLine(number));
      this.shown.get(number).style.top = `${number * height}px`;
    }
  }

  rowHeight() {
    return parseFloat(getComputedStyle(this.body).getPropertyValue("--row"));
  }

  addLine(number) {
    const row = this.rows.at(this.places[number]);
    const line = element(
      "div",
      {
        class: "row", role: "row", "aria-rowindex": number + 1, "data-key": row.key,
        "aria-selected": row.key === this.chosen, onclick: () => this.choose(number),
      },
      this.thumbnail(row),
      ...this.columns.map((column) => this.cell(column, row)),
    );
    this.space.append(line);
    return line;
  }

  cell({ name, number, digits = 0 }, row) {
    const attributes = { class: `${name}${number ? " number" : ""}`, role: "cell" };
    if (name === "key") return element("span", attributes, element("button", {}, row.key));
    if (name === "caption") return this.captionCell(attributes, row);
    if (name === "flags") return element("span", attributes, row.flags.join(", "));
    if (!number) return element("span", { ...attributes, title: row[name] }, row[name]);
    return element("span", attributes, row[name] === null ? "" : row[name].toFixed(digits));
  }

  // Shows the caption that was searched for, or else the first.
  captionCell(attributes, row) {
    const words = this.query.toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length && row.captions.find((caption) =>
      words.every((word) => caption.toLowerCase().includes(word)));
    const more = row.captions.length - 1;
    return element(
      "span", { ...attributes, title: row.captions.join("\n") },
      found || row.captions[0] || "",
      more > 0 ? element("small", {}, ` +${more}`) : null,
    );
  }

  thumbnail(row) {
    const cell = element("span", { class: "thumb", role: "cell" });
    if (this.pictures && this.clips.has(row.key)) {
      const canvas = element("canvas", { width: 2 * THUMBNAIL, height: 2 * THUMBNAIL });
      cell.append(canvas);
      this.clips.open(row.key).then((clip) => clip && this.drawThumbnail(canvas, clip));
    }
    return cell;
  }

  drawThumbnail(canvas, clip) {
    const camera = new Camera();
    const frame = clip.frames >> 1;
    camera.resize(canvas.width, canvas.height);
    applyView(camera, "angle", clip, false);
    camera.distance = 3.4;
    camera.target = targetOf(clip, frame, "angle", false);
    const settings = { color: "part", skeleton: !clip.head.points, sensor: false, floor: false };
    this.drawing.draw(canvas.getContext("2d"), camera, clip, frame, settings, pageColors());
  }

  choose(number) {
    return this.openRow(this.places[number]);
  }

  openRow(place) {
    const row = this.rows.at(place);
    this.chosen = row.key;
    for (const line of this.shown.values()) {
      line.setAttribute("aria-selected", line.dataset.key === row.key);
    }
    return this.open(row);
  }

  // Opens the clip that is this number of rows after the chosen one.
  move(rows) {
    if (!this.places.length) return;
    const now = this.places.findIndex((place) => this.rows.columns.key[place] === this.chosen);
    const next = Math.max(0, Math.min(this.places.length - 1, now + rows));
    const [height, view] = [this.rowHeight(), this.body.clientHeight];
    const top = next * height;
    if (top < this.body.scrollTop) this.body.scrollTop = top;
    if (top + height > this.body.scrollTop + view) this.body.scrollTop = top + height - view;
    this.choose(next);
  }

  // Opens the first clip that plays.
  openFirst() {
    const first = this.places.findIndex((place) => this.clips.has(this.rows.columns.key[place]));
    if (this.places.length) this.choose(Math.max(0, first));
  }
}

function ranksOf(keys) {
  const order = Array.from(keys, (_, row) => row).sort((a, b) => compare(keys[a], keys[b]));
  const ranks = new Int32Array(order.length);
  for (let place = 1; place < order.length; place++) {
    const [before, row] = [order[place - 1], order[place]];
    ranks[row] = compare(keys[before], keys[row]) ? place : ranks[before];
  }
  return ranks;
}

function compare(a, b) {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : 1;
}
