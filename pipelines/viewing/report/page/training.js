// Fill the page of a training with the data that write_training_report.py has made.

const summary = JSON.parse(dataText("summary"));

function header() {
  const { totals } = summary;
  const tiles = [
    tile(grouped(totals.steps), totals.steps === 1 ? "step" : "steps"),
    totals.epochs ? tile(grouped(totals.epochs), totals.epochs === 1 ? "epoch" : "epochs") : null,
    tile(...duration(totals.seconds)),
    totals.loss === null ? null : tile(shortNumber(totals.loss), "last loss"),
    tile(grouped(totals.validations), totals.validations === 1 ? "validation" : "validations"),
    tile(grouped(totals.alarms), totals.alarms === 1 ? "alarm" : "alarms"),
  ];
  return [
    element("h1", {}, summary.name, " ", element("small", {}, "training")),
    element("div", { class: "tiles" }, ...tiles.filter(Boolean)),
    summary.faults.length ? faultsBox() : null,
  ].filter(Boolean);
}

function faultsBox() {
  return element("div", { class: "faults", role: "alert" },
    element("ul", {}, ...summary.faults.map((fault) => element("li", {}, fault))));
}

function curvesSection() {
  const figures = element("div", { class: "charts wide-charts" });
  const draw = (logarithmic) => figures.replaceChildren(...summary.charts.map((chart) =>
    curveChart(chart, summary.last_step, summary, logarithmic)));
  const box = element("input", {
    type: "checkbox", id: "logarithmic", onchange: () => draw(box.checked),
  });
  draw(false);
  const stages = summary.stages.map(([name, step]) => `${name} from step ${grouped(step)}`);
  const notes = [
    stages.length > 1 ? `Stages, with dashed lines: ${stages.join(", ")}. ` : "",
    summary.alarms.length ? "Red dots are alarms. " : "",
    summary.charts.some(({ curves }) => curves.some(({ lows }) => lows))
      ? "A point is the mean of neighboring steps; the area is their range." : "",
  ];
  return section("curves", "Curves",
    element("p", { class: "note" }, ...notes),
    element("label", { class: "toggle", for: "logarithmic" }, box, " logarithmic values"),
    figures);
}

function alarmsSection() {
  if (!summary.totals.validations) return null;
  if (!summary.alarms.length) return section("alarms", "Alarms", element("p", {}, "No validation raised an alarm."));
  const hidden = summary.totals.alarms - summary.alarms.length;
  return section("alarms", "Alarms",
    hidden ? element("p", { class: "note" }, `The last ${grouped(summary.alarms.length)} of ${grouped(summary.totals.alarms)}.`) : null,
    plainTable([["Step", "number"], ["Alarm"]], summary.alarms.map(([step, text]) => [grouped(step), text])));
}

function samplesSection() {
  if (!summary.samples.length) return null;
  return section("samples", "Sample captions",
    element("p", { class: "note" },
      "What the model says about some clips of the validation, each time that it changes."),
    ...summary.samples.map(({ reference, captions }) => element("div", { class: "sample" },
      element("h3", {}, reference),
      plainTable([["Step", "number"], ["Caption"]], captions.map(([step, text]) => [grouped(step), text || "(nothing)"])))));
}

function resultsSection() {
  const files = Object.entries(summary.results);
  if (!files.length) return null;
  const shown = (value) => typeof value === "number" ? shortNumber(value) : value ?? "";
  return section("results", "Results", ...files.flatMap(([name, { columns, rows }]) => [
    element("h3", {}, name),
    plainTable(
      [["Measure"], ...columns.map((split) => [split, "number"])],
      rows.map(([title, ...values]) => [title, ...values.map(shown)]),
    ),
  ]));
}

function start() {
  const sections = [curvesSection(), alarmsSection(), samplesSection(), resultsSection()].filter(Boolean);
  document.getElementById("head").replaceChildren(...header());
  document.getElementById("main").replaceChildren(...sections);
  const contents = document.getElementById("contents");
  contents.replaceChildren(...linksTo(sections));
  contents.classList.toggle("short", sections.length < 2);
  document.getElementById("foot").textContent = "Made by motiondata.";
  document.documentElement.dataset.ready = "true";
}

start();
