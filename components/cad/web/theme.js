// Before the first paint: the colours that were chosen last, else those of the system. No module, for modules come later.
(() => {
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage is forbidden here: the system's colours do.
  }
})();
