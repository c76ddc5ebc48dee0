/** The page of drift: each input and output against the training reference, and how good the answers were. */
import { byId, element, figure, percent, table } from "./dom.js";
import { fault } from "./records.js";

const VERDICTS = { stable: "good", "within chance": "good", moderate: "watch", major: "bad" };

const JUDGED = {
  accuracy: "most likely diagnosis was right",
  sensitivity: "malignant lesions called malignant",
  specificity: "benign lesions called benign",
  melanoma_sensitivity: "melanomas called malignant",
};

/** @returns {() => void} Shows the page. */
export function driftPage(api) {
  return async function show() {
    const place = byId("drift-content");
    try {
      place.replaceChildren(...drift(await api.get("v1/drift")));
    } catch (problem) {
      place.replaceChildren(fault(problem, show));
    }
    place.removeAttribute("aria-busy");
  };
}

function drift({ records, message, features, judged }) {
  return [
    message ? element("p", { class: "warning" }, message) : "",
    element("p", {}, `${figure(records)} ${records === 1 ? "answer was" : "answers were"} looked at.`),
    overview(features),
    element("h2", {}, "Distributions"),
    element("p", { class: "soft" }, "Upper bar: the answers here; lower, hatched bar: the reference."),
    element("ul", { class: "tiles wide" }, features.filter(({ observed }) => observed.some(Boolean)).map(distribution)),
    element("h2", {}, "How good the answers were"),
    ...accuracy(judged),
  ];
}

function overview(features) {
  const rows = features.map(({ name, psi, by_chance: chance, verdict }) => [
    words(name),
    element("span", { class: `tag ${VERDICTS[verdict] ?? ""}` }, verdict),
    psi === null ? "–" : psi.toFixed(3),
    chance === null ? "–" : chance.toFixed(3),
  ]);
  return table(
    "Population stability index: below 0.1 stable, above 0.25 a major change; with few answers it is large by chance alone",
    ["What", "Verdict", { text: "Index", number: true }, { text: "By chance, up to", number: true }],
    rows,
  );
}

function distribution({ name, labels, expected, observed }) {
  const shares = [observed, expected].map((counts) => (counts ? sharesOf(counts) : null));
  const most = Math.max(...shares.flat().filter(Boolean), 1e-9);
  const rows = labels.map((label, bin) => {
    const [here, there] = shares.map((one) => one?.[bin] ?? null);
    if (label === "unknown" && !here && !there) return null; // most features are never unknown
    const said = there === null ? percent(here) : `${percent(here)}, reference ${percent(there)}`;
    return element("li", {}, element("span", {}, words(label)), element("span", { class: "pair", role: "img", "aria-label": said }, line(here / most, "here"), there === null ? null : line(there / most, "there")), element("span", { class: "figure" }, percent(here, 0)));
  });
  return element("li", {}, element("h3", {}, words(name)), element("ul", { class: "bins" }, rows));
}

function sharesOf(counts) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total ? count / total : 0));
}

function line(share, kind) {
  const made = element("i", { class: kind });
  made.style.width = `${(100 * share).toFixed(1)}%`;
  return made;
}

function accuracy(judged) {
  if (!judged.total) {
    return [element("p", { class: "soft" }, "No record says yet what was found later. What histology says can be added to each record.")];
  }
  const sources = Object.entries(judged.sources).filter(([, count]) => count).map(([source, count]) => `${count} by ${source}`);
  const rows = Object.entries(JUDGED).map(([name, meaning]) => {
    const { count, total, value, low, high } = judged[name];
    return [meaning, `${count} of ${total}`, value === null ? "–" : percent(value), low === null ? "–" : `${percent(low)} to ${percent(high)}`];
  });
  return [
    element("p", {}, `Of ${judged.total} it was found later what they were: ${sources.join(", ")}. They are a choice of lesions, not a sample: the doubtful ones are looked into.`),
    table("With 95 % intervals", ["What", { text: "Count", number: true }, { text: "Share", number: true }, { text: "95 % interval", number: true }], rows),
  ];
}

const words = (name) => name.replaceAll("_", " ");
