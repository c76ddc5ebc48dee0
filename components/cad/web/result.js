/** An answer of the service as cards, the most important first. */
import { diagnosesCard, membersCard } from "./diagnoses.js";
import { element, facts, moment } from "./dom.js";
import { explanationCard } from "./explanation.js";
import { outcomeCard } from "./outcome.js";

/**
 * All cards of an answer.
 *
 * @param {Object} answer
 * @param {Object} vocabulary
 * @param {import("./photos.js").Photo[]} photos As they were sent.
 */
export function resultCards(answer, vocabulary, photos) {
  return [
    outcomeCard(answer, vocabulary),
    qualityWarning(answer.quality, photos),
    diagnosesCard(answer, vocabulary),
    answer.heatmaps?.length ? explanationCard(answer, vocabulary, photos) : null,
    answer.members?.length ? membersCard(answer, vocabulary) : null,
    provenance(answer, photos),
  ].filter(Boolean);
}

function qualityWarning(quality, photos) {
  if (!quality?.length) return null;
  const items = quality.map(({ image, code, message }) => {
    const which = photos.length > 1 ? `Photo ${image + 1}: ` : "";
    return element("li", { "data-code": code }, which, message);
  });
  return element("section", { class: "warning", "aria-label": "Quality of the photos" }, element("p", {}, element("strong", {}, "A better photo would help.")), element("ul", {}, items));
}

function provenance(answer, photos) {
  const { name, version, digest } = answer.model;
  return element(
    "section",
    { class: "card", "aria-labelledby": "provenance-title" },
    element("h2", { id: "provenance-title" }, "Record of this answer"),
    facts({
      "Request id": element("code", {}, answer.request_id),
      Photos: photos.length > 1 ? `${photos.length}, averaged` : "1",
      Model: [`${name}, version ${version}, `, element("code", { title: digest }, digest.slice(0, 12))],
      Time: moment(Date.now()),
    }),
    element("p", {}, element("a", { href: `#/records/${encodeURIComponent(answer.request_id)}` }, "Open the record"), ", to add what histology or follow-up says."),
    element("p", { class: "soft" }, "This supports a diagnosis and does not replace one."),
  );
}
