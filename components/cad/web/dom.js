/** Building elements and writing figures. All text goes in as text: nothing here reads markup. */

/**
 * Make an element.
 *
 * @param {string} tag
 * @param {Object} attributes A function under `onNAME` listens; true is an empty attribute; false, null: none.
 * @param {...(Node|string|null|Array)} children Null is left out.
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const byId = (id) => document.getElementById(id);

const NARROW_SPACE = "\u202f";

/** A share of 1 in per cent; what is all but nothing or all but everything says so. */
export function percent(share, digits = 1) {
  if (typeof share !== "number" || !Number.isFinite(share)) return "–";
  const least = 10 ** -digits;
  if (share > 0 && 100 * share < least) return `<${NARROW_SPACE}${least}${NARROW_SPACE}%`;
  if (share < 1 && 100 * share > 100 - least) return `>${NARROW_SPACE}${100 - least}${NARROW_SPACE}%`;
  return `${(100 * share).toFixed(digits)}${NARROW_SPACE}%`;
}

/** A figure of unknown kind, as a table shows it. */
export function figure(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return Math.abs(value) < 100 ? value.toPrecision(3) : value.toFixed(0);
}

/** A time in the reader's own zone. */
export function moment(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return String(text ?? "–");
  return time.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

const cellText = (cell) => (cell instanceof Node || Array.isArray(cell) ? cell : figure(cell));

/**
 * A table that scrolls aside where the screen is narrow.
 *
 * @param {string} caption
 * @param {Array<string|{text: string, number: boolean}>} columns The first names the rows.
 * @param {Array<Array>} rows
 */
export function table(caption, columns, rows) {
  const kinds = columns.map((column) => (column.number ? "number" : null));
  const head = columns.map((column, index) => element("th", { scope: "col", class: kinds[index] }, column.text ?? column));
  const body = rows.map(([name, ...cells]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, cellText(name)),
      cells.map((cell, index) => (cell instanceof HTMLTableCellElement ? cell : element("td", { class: kinds[index + 1] }, cellText(cell)))),
    ),
  );
  const made = element("table", {}, element("caption", {}, caption), element("thead", {}, element("tr", {}, head)), element("tbody", {}, body));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, made);
}

/** A table as wide as its place. */
export function full(scrolled) {
  scrolled.classList.add("full");
  return scrolled;
}

/** Names and values, one under the other. */
export function facts(pairs) {
  return element(
    "dl",
    { class: "facts" },
    Object.entries(pairs).map(([name, value]) => [element("dt", {}, name), element("dd", {}, cellText(value))]),
  );
}

let groups = 0;

/**
 * One choice of several, as radio buttons side by side.
 *
 * @param {string} legend
 * @param {Array<{value: string, shown: Node|string}>} options The first is chosen.
 * @param {(value: string) => void} onchange
 */
export function choice(legend, options, onchange, kind = "choice") {
  const name = `choice-${++groups}`;
  const buttons = options.map(({ value, shown }, index) => {
    const input = element("input", { type: "radio", class: "unseen", name, value, checked: index === 0, onchange: () => onchange(value) });
    return element("label", {}, input, element("span", {}, shown));
  });
  return element("fieldset", { class: kind }, element("legend", { class: "unseen" }, legend), buttons);
}
