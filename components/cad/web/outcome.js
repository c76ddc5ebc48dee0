/** Malignant or benign, or neither: the first card of an answer. */
import { element, percent } from "./dom.js";

/** @returns {{kind: "malignant"|"benign"|"withheld", title: string}} What an answer comes to. */
export function verdict(answer) {
  if (answer.out_of_distribution.flag) return { kind: "withheld", title: "Not like the training images" };
  if (answer.abstain) return { kind: "withheld", title: "Uncertain" };
  return answer.malignant.decision === "malignant"
    ? { kind: "malignant", title: "Malignant: above the threshold" }
    : { kind: "benign", title: "Benign: below the threshold" };
}

/** An answer in one sentence, to be read out. */
export function spoken(answer, vocabulary) {
  const [first] = ranked(answer.probabilities);
  const malignant = `${percent(answer.malignant.probability)} malignant, threshold ${percent(answer.malignant.threshold)}`;
  return `Result: ${verdict(answer).title}. ${malignant}. Most likely ${vocabulary.name(first)}, ${percent(answer.probabilities[first])}.`;
}

/** Classes, the most likely first. */
export function ranked(probabilities) {
  return Object.keys(probabilities).sort((one, other) => probabilities[other] - probabilities[one]);
}

export function outcomeCard(answer, vocabulary) {
  const { kind, title } = verdict(answer);
  return element(
    "section",
    { class: `card outcome ${kind}`, "aria-labelledby": "outcome-title" },
    element("h2", { id: "outcome-title" }, title),
    reasons(answer, vocabulary).map((reason) => element("p", {}, reason)),
    scale(answer.malignant),
    element("p", { class: "soft note" }, aside(vocabulary)),
  );
}

function reasons(answer, vocabulary) {
  const { probability, threshold, decision } = answer.malignant;
  const names = vocabulary.classes.filter((one) => one.malignant).map((one) => one.name);
  const together = `Together, ${joined(names)} have ${percent(probability)}; what reaches ${percent(threshold)} is called malignant.`;
  const said = [];
  if (answer.out_of_distribution.flag) {
    said.push("This is less like the model’s training images than nearly all lesions it was tested on. Its answer may mean nothing: check that the photo shows one lesion, near and sharp.");
  }
  if (answer.abstain) said.push("No diagnosis is likely enough for the model to answer. A person must look.");
  if (!said.length) return [together];
  return [...said, `${together} That would be ${decision}, if the model answered.`];
}

function aside(vocabulary) {
  const actinic = vocabulary.classes.find((one) => one.code === "AK");
  return actinic ? `${capital(actinic.name)}, a precursor, counts as benign here.` : null;
}

function scale({ probability, threshold }) {
  const label = `Probability that it is malignant: ${percent(probability)}, on a scale from 0 to 100 %; the threshold is ${percent(threshold)}`;
  const above = element("i", { class: "above" });
  above.style.width = place(1 - threshold);
  return element(
    "div",
    { class: "scale", role: "img", "aria-label": label },
    above,
    at(element("i", { class: "threshold" }), threshold),
    at(element("i", { class: "value" }), probability),
    at(element("span", { class: `value-text ${aligned(probability)}` }, `${percent(probability)} malignant`), probability),
    at(element("span", { class: `threshold-text ${aligned(threshold)}` }, `threshold ${percent(threshold)}`), threshold),
  );
}

const place = (share) => `${(100 * Math.min(1, Math.max(0, share))).toFixed(2)}%`;
const aligned = (share) => (share < 0.15 ? "begun" : share > 0.85 ? "ended" : "centred");
const joined = (names) => new Intl.ListFormat("en").format(names);
const capital = (text) => text[0].toUpperCase() + text.slice(1);

function at(made, share) {
  made.style.left = place(share);
  return made;
}
