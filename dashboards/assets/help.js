// Searching the help: entries that hold none of the words are hidden; nobody is asked.
(function () {
  "use strict";
  const fold = (words) => words.normalize("NFKC").toLocaleLowerCase();
  let shown = "";

  /** The term that an address names is shown once, marked and in focus. */
  function showTerm() {
    const query = new URLSearchParams(window.location.search);
    const term = query.get("term");
    if (!term || shown === window.location.search) return;
    const entry = document.getElementById(`term-${term}`);
    if (!entry) return;
    shown = window.location.search;
    for (const one of document.querySelectorAll(".help-here")) one.classList.remove("help-here");
    entry.classList.add("help-here");
    entry.scrollIntoView({ block: "center" });
    entry.focus({ preventScroll: true });
  }

  function searchHelp(typed) {
    const wanted = fold(typed || "").split(/\s+/).filter(Boolean);
    let found = 0;
    for (const entry of document.querySelectorAll(".help-entry")) {
      const words = fold(entry.textContent || "");
      entry.hidden = !wanted.every((one) => words.includes(one));
      if (!entry.hidden) found += 1;
    }
    for (const group of document.querySelectorAll(".help-group, .help-section")) {
      group.hidden = !group.querySelector(".help-entry:not([hidden])");
    }
    if (!wanted.length) window.requestAnimationFrame(showTerm);
    return found > 0;
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.gridmap = Object.assign({}, window.dash_clientside.gridmap, { searchHelp: searchHelp });
})();
