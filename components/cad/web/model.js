/** The page about the model: which it is, what it is read by, and its card. */
import { byId, element, facts, figure, percent, table } from "./dom.js";
import { markdown } from "./markdown.js";
import { fault } from "./records.js";

/** @returns {() => void} Shows the page. */
export function modelPage(metadata) {
  return async function show() {
    const place = byId("model-content");
    try {
      place.replaceChildren(...about(await metadata()));
    } catch (problem) {
      place.replaceChildren(fault(problem, show));
    }
    place.removeAttribute("aria-busy");
  };
}

function about(model) {
  return [identity(model), members(model.members ?? []), classes(model.classes), card(model.card)];
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
