/** The photos of the case: added by choice, drop or paste, shown with a preview, taken away. */
import { byId, element } from "./dom.js";

const KINDS = { dcm: "DICOM", dicom: "DICOM", tif: "TIFF", tiff: "TIFF" };

/**
 * @typedef {Object} Photo
 * @property {Blob} file
 * @property {string} name
 * @property {string} address Where an <img> finds it; empty where the browser cannot show it.
 */

/**
 * Keep the list of photos on the page.
 *
 * @param {HTMLUListElement} list
 * @param {(said: string) => void} changed Called after each change, with what to say of it.
 */
export function photoList(list, changed) {
  /** @type {Photo[]} */
  let photos = [];

  function show() {
    list.replaceChildren(...photos.map(item));
  }

  function item(photo, index) {
    const remove = element("button", { type: "button", "aria-label": `Remove photo ${index + 1}, ${photo.name}`, onclick: () => take(photo) }, "×");
    return element("li", {}, frame(photo, index), element("span", { class: "name", title: photo.name }, photo.name), remove);
  }

  function take(photo) {
    const index = photos.indexOf(photo);
    photos = photos.filter((one) => one !== photo);
    URL.revokeObjectURL(photo.address);
    show();
    const buttons = list.querySelectorAll("button");
    (buttons[Math.min(index, buttons.length - 1)] ?? byId("files")).focus();
    changed(`Photo removed, ${photos.length} left`);
  }

  return {
    get all() {
      return photos;
    },
    add(files) {
      photos = [...photos, ...files.map((file) => ({ file, name: file.name || "pasted photo", address: URL.createObjectURL(file) }))];
      show();
      changed(files.length === 1 ? "1 photo added" : `${files.length} photos added`);
    },
    clear() {
      photos.forEach((photo) => URL.revokeObjectURL(photo.address));
      photos = [];
      show();
      changed("No photos");
    },
    show,
  };
}

/** A small view of a photo, or its kind where the browser cannot show it. */
export function frame(photo, index) {
  const picture = element("img", { src: photo.address, alt: `Photo ${index + 1}` });
  const holder = element("span", { class: "frame" }, picture);
  picture.addEventListener("error", () => {
    holder.replaceChildren(KINDS[photo.name.split(".").pop().toLowerCase()] ?? "no preview");
  });
  return holder;
}

/**
 * Take files from the button, from a drop anywhere on the page, from the clipboard, and from the examples.
 *
 * @param {(files: File[]) => void} take
 * @param {() => boolean} here Whether what is dropped or pasted is meant for the case.
 */
export function receiveFiles(take, here) {
  const input = byId("files");
  const some = (files) => files.length && take(files);
  input.addEventListener("change", () => {
    some([...input.files]);
    input.value = ""; // so that the same file can be chosen again
  });
  for (const name of ["dragover", "drop", "dragleave"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      byId("drop").classList.toggle("over", name === "dragover");
      if (name === "drop" && here()) some(filesOf(event.dataTransfer));
    });
  }
  document.addEventListener("paste", (event) => here() && some(filesOf(event.clipboardData)));
  for (const button of document.querySelectorAll("[data-example]")) {
    button.addEventListener("click", async () => {
      take([await example(button.dataset.example)]);
    });
  }
}

/** A generated lesion, as if it had been chosen; its file is what the button shows. */
async function example(name) {
  const picture = document.querySelector(`[data-example="${name}"] img`);
  const blob = await (await fetch(picture.src, { cache: "force-cache" })).blob();
  return new File([blob], `${name}.jpg`, { type: "image/jpeg" });
}

/** The pictures among what was dropped or pasted; DICOM files often have no type. */
function filesOf(transfer) {
  return [...(transfer?.files ?? [])].filter((file) => !file.type || /^(image\/|application\/(dicom|octet-stream))/.test(file.type));
}
