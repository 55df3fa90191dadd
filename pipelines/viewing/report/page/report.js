// Fill the page with the data that summary.py has made.

const summary = JSON.parse(dataText("summary"));

function header() {
  const { totals } = summary;
  const has = (value) => value !== null && value !== undefined; // files have few totals
  const tiles = [
    tile(grouped(totals.samples), totals.samples === 1 ? "clip" : "clips"),
    has(totals.frames) ? tile(grouped(totals.frames), "frames") : null,
    !has(totals.seconds) ? null : tile(...duration(totals.seconds)),
    totals.recordings ? tile(grouped(totals.recordings), "recordings") : null,
    !has(totals.hits) ? null : tile(grouped(totals.hits), "hits per frame"),
    summary.captions ? tile(grouped(summary.captions.captions), "captions") : null,
    has(totals.drops) ? tile(grouped(totals.drops), "dropped rows") : null,
    !has(totals.bytes) ? null : tile(bytesText(totals.bytes), `in ${counted(totals.shards, "shard")}`),
  ];
  return [
    element("h1", {}, summary.name, " ", element("small", {}, summary.live ? summary.product : `${summary.product} dataset`)),
    element("div", { class: "tiles" }, ...tiles.filter(Boolean)),
    summary.faults.length ? faultsBox() : null,
  ].filter(Boolean);
}

function bytesText(bytes) {
  return bytes < 1e5 ? `${rounded(bytes / 1e3, 1)} kB` : `${rounded(bytes / 1e6, 1)} MB`;
}

function faultsBox() {
  const more = summary.more_faults ? [element("li", {}, `and ${grouped(summary.more_faults)} more`)] : [];
  return element(
    "div", { class: "faults", role: "alert" },
    element("b", {}, "This dataset is not complete. This page shows the part that is sound."),
    element("ul", {}, ...summary.faults.map((fault) => element("li", {}, fault)), ...more),
    "To check every byte: motiondata verify DATASET",
  );
}

function clipsSection(player, list) {
  const heads = list.clips.heads.length;
  const rows = list.rows.length;
  if (!rows) return section("clips", "Clips", element("p", {}, "The dataset has no clips."));
  const rest = rows - heads;
  const note = !summary.plays
    ? "Clips of this product have no points and no joints, so they do not play."
    : rest ? `${counted(heads, "clip")} of ${grouped(rows)} play here, so that the file stays small. ` +
      "motiondata view DATASET plays all of them."
    : "";
  const keys = summary.plays
    ? "Space: play or pause. ← and →: one frame. ↑ and ↓: another clip. Drag: turn the view. "
    : "↑ and ↓: another clip. ";
  return section(
    "clips", "Clips",
    player.element,
    element("p", { class: "note" }, keys, note),
    list.element,
  );
}

function groupsTable(title, groups) {
  if (groups.length < 2 && title === "Subset") return null;
  const total = groups.reduce((sum, group) => sum + group.frames, 0);
  const hits = groups.some((group) => group.hits !== null);
  const splits = title === "Subset" && summary.by_split.length > 1 ? summary.by_split : [];
  const columns = [
    [title], ["Clips", "number"], ...splits.map((split) => [split.name, "number"]),
    ["Frames", "number"], ["Share of frames", "bars"],
  ];
  if (hits) columns.push(["Hits per frame", "number"]);
  const rows = groups.map((group) => {
    const cells = [
      group.name, grouped(group.samples),
      ...splits.map((_, place) => grouped(group.samples_by_split[place])),
      grouped(group.frames), shareBar(total ? group.frames / total : 0),
    ];
    if (hits) cells.push(group.hits === null ? "" : group.hits.toFixed(1));
    return cells;
  });
  return plainTable(columns, rows);
}

function contentsSection() {
  return section(
    "contents-of", "Splits and subsets",
    groupsTable("Split", summary.by_split), groupsTable("Subset", summary.by_subset),
  );
}

// Returns which clips a chart is about, unless it is about all of them.
function measuredNote(text) {
  if (summary.measured === summary.totals.samples) return null;
  return element("p", { class: "note" }, `${text} ${counted(summary.measured, "evenly spaced clip")}.`);
}

function distributionsSection() {
  const note = measuredNote("All but the lengths: of");
  if (!summary.histograms.length) return null;
  return section(
    "distributions", "Distributions", note,
    element("div", { class: "charts" }, ...summary.histograms.map(histogram)),
  );
}

function qualitySection() {
  if (!summary.quality.length) return null;
  return section(
    "quality", "Motion quality", measuredNote("Of"),
    element("p", { class: "note" },
      "Clips by value. Above the limit, which is the red line, a clip has a flag."),
    element("div", { class: "charts" }, ...summary.quality.map(histogram)),
  );
}

function coverageSection() {
  const parts = summary.coverage;
  if (!parts.length) return null;
  const columns = [["Body part"], ["Share of points", "bars"], ["Frames with a point on it", "bars"]];
  const most = Math.max(...parts.map((part) => part.points));
  const scaled = (part) => shareBar(part.points / most, part.color, percent(part.points));
  const rows = parts.map((part) => [part.part, scaled(part), shareBar(part.frames, part.color)]);
  return section(
    "coverage", "Body parts that are hit",
    element("p", { class: "note" }, "A part is the joint with the largest skinning weight on the face that was hit."),
    plainTable(columns, rows),
  );
}

function captionsSection() {
  const { captions } = summary;
  if (!captions) return null;
  const most = captions.words.length ? captions.words[0][1] : 1;
  const words = captions.words.map(([word, count]) => {
    const shown = element("button", { class: "word", onclick: () => search(word) }, word,
      element("small", {}, ` ${grouped(count)}`));
    shown.style.fontSize = `${0.8 + 0.7 * (count / most)}rem`;
    return shown;
  });
  const repeated = captions.duplicates.map(([text, count]) => [text, grouped(count)]);
  const facts = [
    counted(captions.captions, "caption"),
    `${grouped(captions.different)} different (${percent(captions.different / captions.captions)})`,
    `${counted(captions.vocabulary, "different word")}`,
    `${counted(captions.without, "clip")} without a caption`,
  ];
  return section(
    "captions-of", "Captions",
    element("p", {}, facts.join(" · ")),
    element(
      "div", { class: "halves" },
      element("div", {}, histogram(captions.lengths)),
      element("div", {}, element("h3", {}, "Most frequent words"),
        element("div", { class: "words" }, ...words)),
    ),
    repeated.length ? element("h3", {}, "Captions that occur more than once") : null,
    repeated.length ? plainTable([["Caption"], ["Times", "number"]], repeated) : null,
  );
}

function flagsSection() {
  if (!summary.flags.length) return null;
  const total = summary.totals.samples;
  const rows = summary.flags.map(({ flag, samples, meaning }) => [
    element("button", { class: "link", onclick: () => showFlag(flag) }, flag),
    grouped(samples), shareBar(samples / total), meaning,
  ]);
  return section(
    "flags", "Flags",
    element("p", { class: "note" }, "A flag marks clips for a person to look at. It removes nothing."),
    plainTable([["Flag"], ["Clips", "number"], ["Share", "bars"], ["Meaning"]], rows),
  );
}

function leaksSection() {
  const { recordings, examples } = summary.leaks;
  if (summary.by_split.length < 2 || !summary.totals.recordings) return null;
  if (!recordings) return section("leaks", "Split leaks", element("p", {}, "No recording is in two splits."));
  const rows = examples.map(({ source, splits }) => [
    source,
    Object.entries(splits).map(([split, keys]) => `${split}: ${keys.join(", ")}`).join(" · "),
  ]);
  return section(
    "leaks", "Split leaks",
    element("p", {}, `${counted(recordings, "recording")} ${recordings === 1 ? "is" : "are"} in two or more splits` +
      (recordings > rows.length ? `; the first ${rows.length}:` : ":")),
    plainTable([["Recording"], ["Clips"]], rows),
  );
}

function dropsSection() {
  if (!summary.drops.length) return section("drops", "Dropped rows", element("p", {}, "No row was dropped."));
  return section("drops", "Dropped rows", ...summary.drops.map(({ reason, rows, examples }) =>
    element(
      "details", {},
      element("summary", {}, element("b", {}, reason), ` ${counted(rows, "row")}`),
      plainTable([["Key"], ["Subset"], ["Message"]],
        examples.map((each) => [each.key, each.subset, each.message])),
    )));
}

function madeFromSection() {
  const arrays = summary.arrays.map((each) => [each.field, each.type, each.unit, each.frame]);
  const name = (text) => (text.startsWith("--") ? element("code", {}, text) : text);
  const value = (title, text) => (title === "command" ? element("code", {}, text) : text);
  return section(
    "made-from", "What it was made from",
    plainTable([["", "name"], [""]], [
      ...(summary.content_hash ? [["content hash", element("code", {}, summary.content_hash)]] : []),
      ...summary.made_from.map(([title, text]) => [name(title), value(title, text)]),
    ]),
    element("h3", {}, "Arrays of a clip"),
    plainTable([["Array"], ["Type and shape"], ["Unit"], ["Frame of reference"]], arrays),
  );
}

function search(text) {
  list.search.value = list.query = text;
  list.update();
  document.getElementById("clips").scrollIntoView();
}

function showFlag(flag) {
  list.filter("flag", flag);
  document.getElementById("clips").scrollIntoView();
}

function handleKey(event) {
  const typing = event.target.closest("input:not([type=range]):not([type=checkbox]), select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const actions = {
    " ": () => player.toggle(),
    ArrowLeft: () => player.step(-1),
    ArrowRight: () => player.step(1),
    ArrowUp: () => list.move(-1),
    ArrowDown: () => list.move(1),
  };
  const action = actions[event.key];
  if (!action || event.key === " " && event.target.closest("button, summary, [type=checkbox]")) return;
  if (event.key.startsWith("Arrow") && !inClips(event.target)) return;
  event.preventDefault();
  action();
}

// Tells whether keys are meant for the clips: one of their elements is in use, or they are in sight.
function inClips(target) {
  const clips = document.getElementById("clips");
  const { top, bottom } = player.element.getBoundingClientRect();
  return clips.contains(target) || (target === document.body && bottom > 0 && top < innerHeight);
}

function footer(step) {
  const rounding = summary.plays ? `Positions are rounded to ${rounded(1000 * step, 1)} mm. ` : "";
  return `${rounding}Made by motiondata.`;
}

let player;
let list;

async function start() {
  const columns = JSON.parse(new TextDecoder().decode(await inflate(dataText("table"))));
  const clips = summary.live
    ? new LiveClips(columns.key.length) : new Clips(JSON.parse(dataText("heads")));
  player = new Player(clips, summary);
  list = new ClipList(new Rows(columns), clips, player, (row) => player.open(row));
  const sections = summary.live ? [clipsSection(player, list)] : [
    clipsSection(player, list), contentsSection(), distributionsSection(), qualitySection(),
    coverageSection(),
    captionsSection(), flagsSection(), leaksSection(), dropsSection(), madeFromSection(),
  ].filter(Boolean);
  document.getElementById("head").replaceChildren(...header());
  document.getElementById("main").replaceChildren(...sections);
  const contents = document.getElementById("contents");
  contents.replaceChildren(...linksTo(sections));
  contents.classList.toggle("short", sections.length < 2);
  document.getElementById("foot").textContent = footer(clips.heads[0]?.step ?? 0.002);
  document.addEventListener("keydown", handleKey);
  if (!summary.live || !(await openLinked())) list.openFirst();
  if (summary.live) followLinks();
  document.documentElement.dataset.ready = "true";
  setTimeout(() => list.rows.words); // so that the first search is as fast as the next
}

start();
