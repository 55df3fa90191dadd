// Make elements of the page. Text of a dataset becomes text, never HTML.

function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function grouped(number) {
  return number.toLocaleString("en-US");
}

function counted(number, noun) {
  return `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
}

// Formats a number with at most this many digits after the point.
function rounded(number, digits = 2) {
  return number.toLocaleString("en-US", { maximumFractionDigits: digits });
}

// Formats a number with up to three significant digits, or all of a large whole part.
function significant(number) {
  if (Math.abs(number) >= 100) return rounded(number, 0);
  return number.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

function percent(share) {
  if (share > 0.995 && share < 1) return `${Math.min(99.9, 100 * share).toFixed(1)}%`;
  return `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0)}%`;
}

// Returns a table. Columns are [title, class]; rows are lists of texts or elements.
function plainTable(columns, rows) {
  const cells = (row, tag) =>
    row.map((cell, place) => element(tag, { class: columns[place][1] || null }, cell));
  return element(
    "div",
    { class: "wide" },
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...cells(columns.map(([title]) => title), "th"))),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells(row, "td")))),
    ),
  );
}

// Returns a section; null if it has nothing to show.
function section(id, title, ...children) {
  const shown = children.filter(Boolean);
  if (!shown.length) return null;
  return element("section", { id }, element("h2", {}, title), ...shown);
}

function tile(value, name) {
  return element("div", { class: "tile" }, element("b", {}, value), name);
}

// Returns seconds as a number and its unit.
function duration(seconds) {
  if (seconds >= 3600) return [rounded(seconds / 3600, 1), "hours"];
  return seconds >= 60 ? [rounded(seconds / 60, 1), "minutes"] : [rounded(seconds, 1), "seconds"];
}

function linksTo(sections) {
  return sections.map((each) =>
    element("a", { href: `#${each.id}` }, each.querySelector("h2").textContent));
}
