// Draw curves of a training over its steps, with the range of values that were averaged.

const CURVES = { width: 420, height: 220, left: 48, right: 22, top: 10, bottom: 24 };
const CURVE_COLORS = [
  "#4f86c0", "#e07b1f", "#3a9d5d", "#c8372d", "#8a63c7", "#b88a00", "#2aa5a0", "#8c8c8c",
];

// Returns a figure with the curves of a chart. `marks` are the stages and the alarms of the training.
function curveChart(chart, last, marks, logarithmic) {
  const axes = axesOf(chart, last, logarithmic);
  const { width, height } = CURVES;
  const readings = element("small", { class: "reading" });
  const cursor = svg("line", { y1: CURVES.top, y2: height - CURVES.bottom, class: "cursor" });
  const drawing = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${chart.title}: ${readingOf(chart, last)}` },
    ...gridOf(axes, last), ...marksOf(axes, marks),
    ...chart.curves.flatMap((curve, number) => lineOf(axes, curve, colorOf(number))), cursor,
  );
  const read = (step) => {
    cursor.setAttribute("x1", axes.x(step));
    cursor.setAttribute("x2", axes.x(step));
    readings.textContent = `step ${grouped(Math.round(step))}: ${readingOf(chart, step)}`;
  };
  drawing.addEventListener("pointermove", (event) => {
    const box = drawing.getBoundingClientRect();
    read(axes.stepAt(((event.clientX - box.left) / box.width) * width));
  });
  read(last);
  return element("figure", { class: "curves" },
    element("figcaption", {}, element("b", {}, chart.title), readings), drawing, legendOf(chart));
}

function colorOf(number) {
  return CURVE_COLORS[number % CURVE_COLORS.length];
}

// Returns the places of steps and values in a chart.
function axesOf(chart, last, logarithmic) {
  const { width, height, left, right, top, bottom } = CURVES;
  const values = chart.curves.flatMap((curve) => [...(curve.lows ?? curve.means), ...(curve.highs ?? curve.means)]);
  let [low, high] = [Math.min(...values), Math.max(...values)];
  const log = logarithmic && low > 0;
  const scaled = log ? Math.log10 : (value) => value;
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  const margin = 0.04 * (scaled(high) - scaled(low));
  const [from, to] = [scaled(low) - margin, scaled(high) + margin];
  return {
    low, high, log,
    x: (step) => left + (step / Math.max(1, last)) * (width - left - right),
    y: (value) => height - bottom - ((scaled(value) - from) / (to - from)) * (height - top - bottom),
    stepAt: (x) => Math.max(0, Math.min(last, ((x - left) / (width - left - right)) * last)),
  };
}

function gridOf(axes, last) {
  const { width, height, left, right, bottom } = CURVES;
  const rows = valuesOf(axes).flatMap((value) => [
    svg("line", { x1: left, x2: width - right, y1: axes.y(value), y2: axes.y(value), class: "grid-line" }),
    svg("text", { x: left - 5, y: axes.y(value) + 4, class: "tick share" }, shortNumber(value)),
  ]);
  const columns = roundValues(0, Math.max(1, last), 4).map((step) =>
    svg("text", { x: axes.x(step), y: height - 7, class: "tick" }, shortNumber(step)));
  const axis = svg("line", { x1: left, x2: width - right, y1: height - bottom, y2: height - bottom, class: "axis" });
  return [...rows, ...columns, axis];
}

// Returns the values of the horizontal lines: round ones, or powers of ten with their halves and fifths.
function valuesOf({ low, high, log }) {
  if (!log) return roundValues(low, high - low, 4).filter((value) => value >= low && value <= high);
  const [first, end] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const factors = end - first > 3 ? [1] : [1, 2, 5];
  return Array.from({ length: end - first + 1 }, (_, place) => 10 ** (first + place))
    .flatMap((power) => factors.map((factor) => factor * power))
    .filter((value) => value >= low && value <= high);
}

// Returns lines where stages begin, and dots on the axis where alarms are.
function marksOf(axes, { stages, alarms }) {
  const { height, top, bottom } = CURVES;
  const begun = stages.slice(1).map(([name, step]) => {
    const line = svg("line", { x1: axes.x(step), x2: axes.x(step), y1: top, y2: height - bottom, class: "stage" });
    line.append(svg("title", {}, `stage ${name}`));
    return line;
  });
  const dots = alarms.map(([step, text]) => {
    const dot = svg("circle", { cx: axes.x(step), cy: height - bottom, r: 3.5, class: "alarm" });
    dot.append(svg("title", {}, `step ${grouped(step)}: ${text}`));
    return dot;
  });
  return [...begun, ...dots];
}

// Returns the range of a curve as an area, and the curve; a dot for a curve of one point.
function lineOf(axes, curve, color) {
  const places = (values) => curve.steps.map((step, number) => `${axes.x(step).toFixed(1)},${axes.y(values[number]).toFixed(1)}`);
  const shown = [svg("polyline", { points: places(curve.means).join(" "), class: "curve", stroke: color })];
  if (curve.lows) {
    const around = [...places(curve.highs), ...places(curve.lows).reverse()].join(" ");
    shown.unshift(svg("polygon", { points: around, class: "range", fill: color }));
  }
  if (curve.steps.length === 1) {
    shown.push(svg("circle", { cx: axes.x(curve.steps[0]), cy: axes.y(curve.means[0]), r: 2.5, fill: color }));
  }
  return shown;
}

function legendOf(chart) {
  if (chart.curves.length < 2) return null;
  return element("div", { class: "legend" }, ...chart.curves.map((curve, number) => {
    const swatch = element("i", { class: "dot" });
    swatch.style.background = colorOf(number);
    return element("span", {}, swatch, curve.name);
  }));
}

// Returns the values of all curves at a step: each at its nearest point.
function readingOf(chart, step) {
  const texts = chart.curves.map((curve) => {
    let near = 0;
    curve.steps.forEach((each, number) => {
      if (Math.abs(each - step) < Math.abs(curve.steps[near] - step)) near = number;
    });
    const value = shortNumber(curve.means[near]);
    return chart.curves.length > 1 ? `${curve.name} ${value}` : value;
  });
  return texts.join(" · ");
}

// Formats a number of any size: learning rates are small.
function shortNumber(value) {
  const size = Math.abs(value);
  return size && size < 1e-3 ? value.toExponential(1) : significant(value);
}
