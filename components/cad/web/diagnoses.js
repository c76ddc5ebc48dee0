/** The nine probabilities as bars, and what each member of the ensemble said. */
import { choice, element, full, percent, table } from "./dom.js";
import { ranked } from "./outcome.js";

export function diagnosesCard(answer, vocabulary) {
  const list = element("ul", { class: "bars", id: "bars" });
  const show = (order) => {
    const likely = ranked(answer.probabilities);
    const codes = order === "class" ? vocabulary.classes.map((one) => one.code) : likely;
    list.replaceChildren(...codes.map((code) => bar(vocabulary.of(code), answer.probabilities[code], code === likely[0])));
  };
  show("likely");
  const order = choice("Order of the diagnoses", [{ value: "likely", shown: "Most likely first" }, { value: "class", shown: "Class order" }], show);
  return element(
    "section",
    { class: "card", "aria-labelledby": "diagnoses-title" },
    element("div", { class: "head" }, element("h2", { id: "diagnoses-title" }, "Nine diagnoses"), order),
    list,
    element(
      "p",
      { class: "soft note" },
      "Calibrated: of all lesions given 30 %, about 30 in 100 should be so. ",
      "UNK is not “none of these”: it mostly means “from the 2020 data, benign, not specified”.",
    ),
  );
}

function bar({ code, name, malignant }, probability, first) {
  const filled = element("i");
  filled.style.width = `${(100 * probability).toFixed(2)}%`;
  return element(
    "li",
    { class: first ? "first" : null, "data-class": code },
    element("span", { class: "name" }, name, " ", malignant ? element("span", { class: "mark" }, "malignant") : null),
    element("span", { class: "bar", "aria-hidden": "true" }, filled),
    element("span", { class: "figure" }, percent(probability)),
  );
}

/** Without what stands in brackets: that is said once. */
const shortened = (name) => name.split(" (")[0];

export function membersCard(answer, vocabulary) {
  const columns = ["Diagnosis", ...answer.members.map((member) => ({ text: member.name, number: true })), { text: "all", number: true }];
  const views = [...answer.members.map((member) => member.probabilities), answer.probabilities];
  const firsts = views.map((view) => ranked(view)[0]);
  const rows = vocabulary.classes.map(({ code, name }) => [
    shortened(name),
    ...views.map((view, index) => element("td", { class: firsts[index] === code ? "number most" : "number" }, percent(view[code], 0))),
  ]);
  const agree = new Set(firsts.slice(0, -1)).size === 1;
  return element(
    "section",
    { class: "card", "aria-labelledby": "members-title" },
    element("h2", { id: "members-title" }, "The members’ views"),
    element("p", {}, agree ? `All ${answer.members.length} find ${vocabulary.name(firsts[0])} most likely.` : "The members do not agree on the most likely diagnosis."),
    full(table("Probabilities by member, not calibrated; each one’s most likely diagnosis is marked", columns, rows)),
  );
}
