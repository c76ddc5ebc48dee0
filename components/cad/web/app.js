/** Starts the page: its parts, which of them is shown, its colours, and the token where one is asked for. */
import { connect } from "./api.js";
import { assessPage } from "./assess.js";
import { byId } from "./dom.js";
import { driftPage } from "./drift.js";
import { modelPage } from "./model.js";
import { recordsPage } from "./records.js";

const api = connect(askToken);
const metadata = remembered(() => api.get("v1/model"));

const pages = {
  assess: () => {},
  model: modelPage(api),
  records: recordsPage(api, metadata),
  drift: driftPage(api),
};

/** Ask once; a failure is not remembered. */
function remembered(ask) {
  let answer = null;
  return () => {
    answer ??= ask().catch((problem) => {
      answer = null;
      throw problem;
    });
    return answer;
  };
}

/** Show the part that the address names: `#/records/ID` is the records, given ID. */
function route(event) {
  const [, name, rest] = location.hash.match(/^#\/([a-z]*)\/?(.*)$/) ?? [];
  if (name === undefined && location.hash) return; // a place on the page, not a part of it
  const shown = Object.hasOwn(pages, name) ? name : "assess";
  for (const view of document.querySelectorAll(".view")) view.hidden = view.id !== shown;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === (shown === "assess" ? "#/" : `#/${shown}`)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${byId(shown).dataset.title} · Skin-lesion support`;
  pages[shown](decodeURIComponent(rest ?? ""));
  if (event) {
    byId(shown).querySelector("h1").focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function switchTheme() {
  const root = document.documentElement;
  const button = byId("theme");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const name = () => {
    button.textContent = dark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${dark() ? "light" : "dark"} colours`);
  };
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // Storage is forbidden here: the choice lasts until the page is closed.
    }
    name();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  name();
}

/** @returns {Promise<string|null>} The token that was typed, null where none was. */
function askToken() {
  const dialog = byId("token-dialog");
  byId("token").value = "";
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "use" ? byId("token").value : null), { once: true });
  });
}

switchTheme();
assessPage(api, metadata);
addEventListener("hashchange", route);
route();
