/** The page about the model: which it is, what it is read by, and its card. */
import { byId, element, facts, figure, percent, table } from "./dom.js";
import { markdown } from "./markdown.js";
import { fault } from "./records.js";

/** @returns {() => void} Shows the page, of the model that is served now: another may have taken over meanwhile. */
export function modelPage(api) {
  return async function show() {
    const place = byId("model-content");
    try {
      place.replaceChildren(...about(await api.get("v1/model")));
    } catch (problem) {
      place.replaceChildren(fault(problem, show));
    }
    place.removeAttribute("aria-busy");
  };
}

function about(model) {
  return [identity(model), card(model.card), members(model.members), classes(model.classes), figures(model.figures)];
}

function identity({ name, version, digest, thresholds }) {
  return element(
    "section",
    { class: "card", "aria-label": "Version" },
    facts({
      Name: name,
      Version: version,
      "SHA-256": element("code", {}, digest),
      "Called malignant": `from ${percent(thresholds.malignant)} on, the malignant diagnoses together`,
      "Called uncertain": `where no diagnosis reaches ${percent(thresholds.abstain)}`,
      "Called unlike its training": `from a score of ${figure(thresholds.out_of_distribution)} on, in standard deviations`,
    }),
  );
}

/** What the registry keeps as numbers; the ends of an interval stand under the same name with `_low` and `_high`. */
function figures(all) {
  const names = Object.keys(all).filter((name) => !/_(low|high)$/.test(name)).sort();
  if (!names.length) return "";
  const interval = (name) => Number.isFinite(all[`${name}_low`]) && Number.isFinite(all[`${name}_high`]);
  const row = (name) => [name.replaceAll("_", " "), figure(all[name])];
  const known = names.filter(interval).map((name) => [...row(name), `${figure(all[`${name}_low`])} to ${figure(all[`${name}_high`])}`]);
  const others = names.filter((name) => !interval(name)).map(row);
  return element(
    "details",
    { class: "card" },
    element("summary", {}, "All figures that the registry keeps"),
    known.length ? table("With 95 % intervals", ["Figure", { text: "Value", number: true }, { text: "Interval", number: true }], known) : null,
    others.length ? table("Without intervals", ["Figure", { text: "Value", number: true }], others) : null,
  );
}

function members(networks) {
  if (!networks.length) return "";
  const rows = networks.map(({ name, backbone, crop, size }) => [name, backbone, `${crop} px`, `${size} px`]);
  const made = table("The members, whose ranks are averaged and calibrated", ["Member", "Backbone", { text: "Crop", number: true }, { text: "Seen at", number: true }], rows);
  return element("section", { class: "card", "aria-label": "Members" }, made);
}

function classes(all) {
  const rows = all.map(({ code, name, malignant }) => [name, element("code", {}, code), malignant ? "malignant" : "benign"]);
  return element("details", { class: "card" }, element("summary", {}, "The nine diagnoses"), table("In the order of every list", ["Diagnosis", "Code", "Counted as"], rows));
}

function card(text) {
  if (!text) return element("p", { class: "warning" }, "This model was registered without a card: of its figures nothing is known here.");
  return element("article", { class: "card document", "aria-label": "Model card" }, markdown(text));
}
