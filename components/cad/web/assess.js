/** The page on which a lesion is assessed: photos and patient in, the answer out. Nothing is lost when it fails. */
import { byId, element } from "./dom.js";
import { spoken } from "./outcome.js";
import { photoList, receiveFiles } from "./photos.js";
import { resultCards } from "./result.js";
import { vocabularyOf } from "./vocabulary.js";

const FIELDS = ["age", "sex", "site"];

/**
 * Bring the page to life.
 *
 * @param {Object} api
 * @param {() => Promise<Object>} metadata Of the model.
 */
export function assessPage(api, metadata) {
  const form = byId("case");
  const photos = photoList(byId("photos"), (said) => {
    byId("examples").hidden = photos.all.length > 0;
    announce(said);
    change();
  });
  let sending = null;
  let changed = false; // since the photos were sent

  offerVocabulary(metadata).catch((problem) => showProblem(problem, () => offerVocabulary(metadata).then(hideProblem, showProblem)));
  receiveFiles((files) => photos.add(files), () => !byId("assess").hidden);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    analyse();
  });
  form.addEventListener("input", ({ target }) => {
    if (!target.name) return;
    if (target.value) delete target.dataset.emptied;
    else target.dataset.emptied = "true";
    change();
  });
  byId("cancel").addEventListener("click", () => sending?.abort());
  byId("clear").addEventListener("click", startOver);

  function change() {
    changed = true;
    outdated();
  }

  async function analyse() {
    if (sending || !complete()) return;
    const sent = [...photos.all];
    changed = false;
    sending = new AbortController();
    hideProblem();
    busy(true);
    try {
      const answer = await api.predict(filled(sent), { sent: progressed, signal: sending.signal });
      await show(answer, sent);
    } catch (problem) {
      if (problem.name === "AbortError") announce("Cancelled");
      else {
        announce(""); // the alert is read out by itself
        showProblem(problem, analyse);
      }
    } finally {
      sending = null;
      busy(false);
    }
  }

  function complete() {
    const age = byId("age");
    const wrong = !age.checkValidity();
    age.setAttribute("aria-invalid", String(wrong));
    if (!photos.all.length) {
      showProblem({ message: "There is no photo yet", detail: "Choose, drop or paste at least one photo of the lesion." });
      byId("files").focus();
    } else if (wrong) {
      showProblem({ message: "The age cannot be so", detail: "Give years from 0 to 120, or leave it empty." });
      age.focus();
    }
    return photos.all.length > 0 && !wrong;
  }

  async function show(answer, sent) {
    const vocabulary = vocabularyOf(await metadata().catch(() => null), Object.keys(answer.probabilities));
    sent.forEach((photo, index) => {
      photo.address = answer.images[index].preview ?? photo.address;
    });
    photos.show();
    byId("result").replaceChildren(...resultCards(answer, vocabulary, sent));
    byId("result").hidden = false;
    byId("intro").hidden = true;
    prefill(answer.images);
    if (changed) outdated();
    announce(spoken(answer, vocabulary));
    byId("result").scrollIntoView({ block: "nearest" });
  }

  function startOver() {
    sending?.abort();
    form.reset();
    for (const field of FIELDS) delete byId(field).dataset.emptied;
    hideProblem();
    byId("found").hidden = true;
    byId("result").replaceChildren();
    byId("result").hidden = true;
    byId("intro").hidden = false;
    photos.clear();
    announce("Started over");
    byId("files").focus();
  }
}

function filled(photos) {
  const data = new FormData();
  photos.forEach(({ file, name }) => data.append("image", file, name));
  for (const field of FIELDS) {
    const { value, dataset } = byId(field);
    // An empty field is left out, and a DICOM file may tell; one that was emptied by hand is unknown for certain.
    if (value.trim() || dataset.emptied) data.append(field, value.trim() || "unknown");
  }
  return data;
}

async function offerVocabulary(metadata) {
  const { sexes, sites } = vocabularyOf(await metadata());
  for (const [id, words] of [["sex", sexes], ["site", sites]]) {
    const select = byId(id);
    const chosen = select.value;
    select.replaceChildren(select.options[0], ...words.map((word) => element("option", { value: word }, word)));
    select.value = chosen;
  }
}

/** What a DICOM file says of the patient goes into fields that are empty. */
function prefill(images) {
  const found = Object.assign({}, ...images.map((image) => image.demographics_found ?? {}));
  const taken = FIELDS.filter((field) => (found[field] ?? null) !== null && !byId(field).value && !byId(field).dataset.emptied);
  taken.forEach((field) => {
    byId(field).value = String(found[field]);
  });
  if (!taken.length) return;
  byId("found").textContent = `From the file: ${taken.map((field) => `${field} ${found[field]}`).join(", ")}.`;
  byId("found").hidden = false;
}

function outdated() {
  const result = byId("result");
  if (result.hidden || result.querySelector(".stale")) return;
  result.prepend(element("p", { class: "warning stale" }, "The photos or the patient have been changed since: analyse again."));
}

function busy(is) {
  byId("analyse").setAttribute("aria-disabled", String(is)); // a disabled button would lose the focus
  byId("cancel").hidden = byId("progress").hidden = !is;
  byId("case").setAttribute("aria-busy", String(is));
  if (is) progressed(0);
}

function progressed(share) {
  const text = share < 1 ? "Sending" : "The model is looking";
  if (byId("progress-text").textContent !== text) announce(text);
  byId("progress-text").textContent = text;
  if (share < 1) byId("progress-bar").value = share;
  else byId("progress-bar").removeAttribute("value");
}

const announce = (said) => {
  byId("announcement").textContent = said;
};

function hideProblem() {
  byId("fault").hidden = true;
  byId("fault").replaceChildren();
}

function showProblem(problem, again) {
  const retry = again && problem.passing !== false ? element("button", { type: "button", onclick: again }, "Try again") : null;
  byId("fault").replaceChildren(
    element("p", {}, element("strong", {}, problem.message)),
    problem.detail ? element("p", {}, problem.detail) : "",
    problem.wait ? element("p", {}, `The service asks to wait ${problem.wait} s.`) : "",
    problem.code ? element("p", {}, element("code", {}, problem.code)) : "",
    retry ?? "",
  );
  byId("fault").hidden = false;
}
