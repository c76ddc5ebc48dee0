/** Where in the photo a diagnosis was read: photo, class and strength of the heat map to choose. */
import { choice, element } from "./dom.js";
import { draw, seenByModel, strongest } from "./heatmap.js";
import { ranked } from "./outcome.js";
import { frame } from "./photos.js";

/**
 * The card of heat maps.
 *
 * @param {Object} answer
 * @param {Object} vocabulary
 * @param {import("./photos.js").Photo[]} photos As they were sent.
 */
export function explanationCard(answer, vocabulary, photos) {
  const shown = { photo: 0, code: ranked(answer.probabilities)[0], opacity: 0.6, pictures: new Map() };
  const canvas = element("canvas", { id: "heatmap", role: "img", width: "448", height: "448" });
  const where = element("p", { class: "soft", id: "where", "aria-live": "polite" });
  const paint = () => draw(canvas, shown.pictures.get(shown.photo) ?? null, answer.heatmaps[shown.photo].classes[shown.code], shown.opacity);
  const update = () => {
    describe(canvas, where, shown, answer, vocabulary);
    paint();
  };
  const load = async () => {
    if (!shown.pictures.has(shown.photo)) {
      const index = shown.photo;
      shown.pictures.set(index, await seenByModel(photos[index].file, answer.images[index]).catch(() => null));
    }
    update();
  };
  load();
  return element(
    "section",
    { class: "card", "aria-labelledby": "explanation-title" },
    element("h2", { id: "explanation-title" }, "Where it was read"),
    element(
      "div",
      { class: "map" },
      canvas,
      element(
        "div",
        { class: "controls" },
        photos.length > 1 ? photoChoice(photos, (index) => { shown.photo = index; load(); }) : null,
        element("label", {}, "Diagnosis ", classChoice(answer, vocabulary, (code) => { shown.code = code; update(); })),
        element("label", {}, "Strength of the map ", opacity((share) => { shown.opacity = share; paint(); })),
        element("p", { class: "legend" }, "speaks little for it", element("i", { "aria-hidden": "true" }), "most"),
        where,
        element("p", { class: "soft" }, "The square is what the model saw. The map shows what raised this diagnosis, relative to its own strongest place; it is no outline of the lesion, and no proof."),
      ),
    ),
  );
}

function describe(canvas, where, shown, answer, vocabulary) {
  const place = strongest(answer.heatmaps[shown.photo].classes[shown.code]);
  const name = vocabulary.name(shown.code);
  const said = place ? `What speaks most for ${name}: ${place}.` : `Nothing in the photo speaks for ${name}.`;
  const nothing = shown.pictures.get(shown.photo) ? "" : " The photo itself cannot be shown here.";
  where.textContent = said + nothing;
  canvas.setAttribute("aria-label", `Heat map over photo ${shown.photo + 1}. ${said}`);
}

function classChoice(answer, vocabulary, chosen) {
  const options = ranked(answer.probabilities).map((code) => element("option", { value: code }, vocabulary.name(code)));
  return element("select", { id: "map-class", onchange: (event) => chosen(event.target.value) }, options);
}

function opacity(chosen) {
  const input = (event) => chosen(Number(event.target.value) / 100);
  return element("input", { type: "range", id: "opacity", min: "0", max: "100", step: "5", value: "60", oninput: input });
}

function photoChoice(photos, chosen) {
  const options = photos.map((photo, index) => ({
    value: String(index),
    shown: frame(photo, index),
  }));
  return choice("Photo", options, (value) => chosen(Number(value)), "choice thumbs");
}
