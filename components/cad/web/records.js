/** The page of records: one by its request id, with what was found later; the latest ones. */
import { byId, element, facts, figure, full, moment, percent, table } from "./dom.js";
import { ranked } from "./outcome.js";
import { vocabularyOf } from "./vocabulary.js";

const PAGE = 20;
const SOURCES = ["histology", "follow-up", "consensus", "other"];
const LONGEST_NOTE = 2000;

/**
 * Bring the page to life.
 *
 * @param {Object} api
 * @param {() => Promise<Object>} metadata Of the model.
 * @returns {(requestId: string) => void} Shows the page, and one record where there is an id.
 */
export function recordsPage(api, metadata) {
  const words = async () => vocabularyOf(await metadata().catch(() => null));

  byId("lookup").addEventListener("submit", (event) => {
    event.preventDefault();
    const id = byId("request-id").value.trim();
    if (id) goTo(id);
  });

  function goTo(id) {
    const hash = `#/records/${encodeURIComponent(id)}`;
    if (location.hash === hash) showRecord(id);
    else location.hash = hash;
  }

  async function showRecord(id) {
    byId("request-id").value = id;
    const place = byId("record");
    try {
      const record = await api.get(`v1/predictions/${encodeURIComponent(id)}`);
      place.replaceChildren(recordCard(record, await words(), save));
    } catch (problem) {
      place.replaceChildren(fault(problem, () => showRecord(id)));
    }
    place.focus();
  }

  async function save(id, feedback) {
    await api.post(`v1/predictions/${encodeURIComponent(id)}/feedback`, feedback);
    await showRecord(id);
    byId("record").prepend(element("p", { class: "warning done", role: "status" }, "Saved. Thank you."));
    await showLatest();
  }

  async function showLatest(before = null) {
    const place = byId("records-list");
    try {
      const asked = new URLSearchParams({ limit: PAGE, ...(before && { before }) });
      const page = await api.get(`v1/predictions?${asked}`);
      place.replaceChildren(...latest(page, await words(), showLatest, before));
    } catch (problem) {
      place.replaceChildren(fault(problem, () => showLatest(before)));
    }
    place.removeAttribute("aria-busy");
  }

  return (id) => {
    if (id) showRecord(id);
    else byId("record").replaceChildren();
    showLatest();
  };
}

/** What went wrong, where the content would have been. */
export function fault(problem, again) {
  const retry = problem.passing === false ? null : element("button", { type: "button", onclick: again }, "Try again");
  return element("div", { class: "fault", role: "alert" }, element("p", {}, element("strong", {}, problem.message)), element("p", {}, problem.detail ?? ""), retry);
}

function latest({ predictions: records, next }, vocabulary, more, before) {
  if (!records.length) return [element("p", { class: "soft" }, before ? "There are no earlier ones." : "There is no record yet.")];
  const rows = records.map((record) => [
    element("a", { class: "whole", href: `#/records/${encodeURIComponent(record.request_id)}` }, element("code", {}, shortened(record.request_id))),
    element("span", { class: "whole" }, moment(record.time)),
    vocabulary.name(ranked(record.probabilities)[0]),
    percent(record.malignant.probability),
    element("span", { class: "whole" }, outcome(record)),
    record.feedback.length ? vocabulary.name(record.feedback.at(-1).label) : "–",
  ]);
  const columns = ["Request", "Time", "Most likely", { text: "Malignant", number: true }, "Outcome", "Found later"];
  return [
    full(table("Latest first", columns, rows)),
    before ? element("button", { type: "button", class: "quiet", onclick: () => more() }, "Back to the latest") : "",
    next ? element("button", { type: "button", class: "quiet", onclick: () => more(next) }, "Earlier") : "",
  ];
}

/** The beginning of an id; with the number in its batch, where it has one. */
const shortened = (id) => id.replace(/^([0-9a-f]{8})[0-9a-f]+/, "$1");

function outcome(record) {
  if (record.out_of_distribution.flag) return "not like the training images";
  return record.abstain ? "uncertain" : record.malignant.decision;
}

function quality(record) {
  if (record.tensors) return "not known: a program sent tensors";
  return record.quality.length ? record.quality.join(", ").replaceAll("_", " ") : "nothing found wrong";
}

function recordCard(record, vocabulary, save) {
  const { demographics, model, malignant, out_of_distribution: unusual } = record;
  const shown = ranked(record.probabilities).map((code) => [vocabulary.name(code), percent(record.probabilities[code])]);
  return element(
    "section",
    { class: "card", "aria-labelledby": "record-title" },
    element("h2", { id: "record-title" }, "Record ", element("code", {}, record.request_id)),
    facts({
      Time: moment(record.time),
      Outcome: `${outcome(record)}; malignant ${percent(malignant.probability)}, threshold ${percent(malignant.threshold)}`,
      Familiarity: `score ${figure(unusual.score)}, threshold ${figure(unusual.threshold)}`,
      Patient: `age ${demographics.age ?? "unknown"}, sex ${demographics.sex ?? "unknown"}, site ${demographics.site ?? "unknown"}`,
      "Quality of the photos": quality(record),
      Model: [`${model.name}, version ${model.version}, `, element("code", { title: model.digest }, model.digest.slice(0, 12))],
      [record.tensors ? "SHA-256 of the pixels" : "SHA-256 of the photos"]: record.images.map((sha) => element("code", {}, `${sha} `)),
      User: record.user ?? "not known",
    }),
    element("details", {}, element("summary", {}, "Nine probabilities"), table("As answered", ["Diagnosis", { text: "Probability", number: true }], shown)),
    found(record.feedback, vocabulary),
    feedbackForm(record.request_id, vocabulary, save),
  );
}

function found(feedback, vocabulary) {
  if (!feedback.length) return null;
  const rows = feedback.map(({ time, label, source, note, user }) => [vocabulary.name(label), source, note || "–", user ?? "–", moment(time)]);
  return table("Found later; the last counts", ["Diagnosis", "Source", "Note", "By", "Time"], rows);
}

function feedbackForm(id, vocabulary, save) {
  const option = ([value, name]) => element("option", { value }, name);
  const label = element("select", { id: "feedback-label", required: true }, [["", "choose"], ...vocabulary.classes.map((one) => [one.code, one.name])].map(option));
  const source = element("select", { id: "feedback-source" }, SOURCES.map((one) => option([one, one])));
  const note = element("textarea", { id: "feedback-note", rows: "2", maxlength: String(LONGEST_NOTE) });
  const wrong = element("div");
  const form = element(
    "form",
    { id: "feedback" },
    element("h3", {}, "What was found later"),
    element(
      "div",
      { class: "fields" },
      element("label", {}, "Diagnosis", label),
      element("label", {}, "According to", source),
      element("label", { class: "wide" }, "Note ", element("span", { class: "soft" }, "(optional; no names)"), note),
    ),
    element("div", { class: "actions" }, element("button", { type: "submit", class: "main" }, "Save")),
    wrong,
  );
  const send = () =>
    save(id, { label: label.value, source: source.value, note: note.value.trim() }).catch((problem) => wrong.replaceChildren(fault(problem, send)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  return form;
}
