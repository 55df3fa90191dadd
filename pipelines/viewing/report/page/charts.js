// Draw histograms and bars.

const CHART = { width: 340, height: 134, left: 32, right: 8, top: 8, bottom: 22 };

// Returns a figure with a histogram that measures.py has counted.
function histogram(data) {
  const { width, height, left, right, top, bottom } = CHART;
  const inner = { width: width - left - right, height: height - top - bottom };
  const most = Math.max(...data.counts);
  const total = data.counts.reduce((sum, count) => sum + count, 0) || 1;
  const step = inner.width / data.counts.length;
  const bars = data.counts.map((count, place) => {
    const tall = count ? Math.max(1, (inner.height * count) / most) : 0;
    const bar = svg("rect", {
      x: left + place * step, y: top + inner.height - tall, width: Math.max(0.5, step - 0.8),
      height: tall, class: "bar",
    });
    bar.append(svg("title", {}, `${binText(data, place)}: ${grouped(count)} (${percent(count / total)})`));
    return bar;
  });
  const axis = svg("line", {
    x1: left, x2: width - right, y1: top + inner.height, y2: top + inner.height, class: "axis",
  });
  const ticks = ticksOf(data).map((value) => {
    const x = left + ((value - data.start) / data.width) * step;
    return svg("text", { x, y: height - 6, class: "tick" }, significant(value));
  });
  const label = `${data.title}, median ${significant(data.median)} ${unitOf(data)}`;
  return element(
    "figure", {},
    element("figcaption", {}, element("b", {}, data.title), ` (${unitOf(data)})`,
      element("small", {}, `median ${significant(data.median)}${limitText(data)}${ends(data)}`)),
    svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
      ...shareLines(most / total, inner, left, top), ...bars, axis, ...ticks,
      limitLine(data, left, inner, top)),
  );
}

// Returns a few lines at round shares of all values, with their labels.
function shareLines(most, inner, left, top) {
  return roundValues(0, most, 2.5).filter((share) => share > 0).flatMap((share) => {
    const y = top + inner.height * (1 - share / most);
    return [
      svg("line", { x1: left, x2: left + inner.width, y1: y, y2: y, class: "grid-line" }),
      svg("text", { x: left - 5, y: y + 4, class: "tick share" }, `${significant(100 * share)}%`),
    ];
  });
}

function unitOf(data) {
  return data.unit.replace("^2", "²");
}

function limitText(data) {
  return data.limit === null ? "" : `; limit ${significant(data.limit)}`;
}

// Returns a line at the limit of a measure, if it is within the bins.
function limitLine(data, left, inner, top) {
  const share = data.limit === null ? 2 : (data.limit - data.start) / (data.width * data.counts.length);
  if (share < 0 || share > 1) return "";
  const x = left + share * inner.width;
  return svg("line", { x1: x, x2: x, y1: top, y2: top + inner.height, class: "limit" });
}

function ends(data) {
  const words = [data.below ? "first" : "", data.above ? "last" : ""].filter(Boolean);
  const verb = words.length > 1 ? "hold" : "holds";
  return words.length ? `; the ${words.join(" and the ")} bin ${verb} all beyond` : "";
}

function binText(data, place) {
  const from = data.start + place * data.width;
  if (data.width === 1) return `${significant(from)} ${unitOf(data)}`;
  return `${significant(from)} to ${significant(from + data.width)} ${unitOf(data)}`;
}

// Returns a few round values within a histogram.
function ticksOf(data) {
  const span = data.counts.length * data.width;
  return roundValues(data.start, span * 0.98, 5).filter((value) =>
    value >= data.start + span * 0.03 || data.start === 0 && value === 0);
}

// Returns about `number` equally spaced round values from `start` to `start + span`.
function roundValues(start, span, number) {
  const raw = span / number;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw * (1 - 1e-9));
  const values = [];
  for (let at = Math.ceil(start / step - 1e-9); at * step <= start + span * (1 + 1e-9); at++) {
    values.push(at * step + 0); // never -0
  }
  return values;
}

// Returns a cell with a bar of a share of the whole width.
function shareBar(share, color, text = percent(share)) {
  const bar = element("span", { class: "share" });
  bar.style.width = `${100 * share}%`;
  if (color) bar.style.background = color;
  return element("span", { class: "shared" }, bar, element("span", { class: "value" }, text));
}
