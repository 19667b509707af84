// What every page has: its language and title, and a state that another language keeps.
(function () {
  "use strict";

  // Where the first chart of a page fetches plotly: Dash would put the whole of it here.
  Object.defineProperty(window, "_dashPlotlyJSURL", { get: () => "/assets/plotly-cartesian.min.js", set: () => {} });

  /** Assistive technology and browsers learn what is shown. */
  function tell(header) {
    const chosen = header.querySelector(".lang-link-here");
    const language = chosen && new URL(chosen.href, window.location.href).searchParams.get("lang");
    // set again it would have every element of the page styled anew
    if (language && language !== document.documentElement.lang) document.documentElement.lang = language;
    const page = header.querySelector(".nav-link-here");
    const title = page ? `${page.textContent} · gridmap` : document.title;
    if (title !== document.title) {
      document.title = title;
      // on a phone the row of pages is wider than the window
      const row = page.closest(".app-nav");
      if (row) row.scrollLeft = page.offsetLeft - (row.clientWidth - page.offsetWidth) / 2;
    }
    for (const link of header.querySelectorAll(".nav-link, .lang-link")) {
      if (/-link-here/.test(link.className)) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  const SCROLLED = ".page-side, .routes-calendar, .routes-day, .card-findings, .balance-scroll";
  let kept = null;

  /** What the reader has opened and scrolled; ids and order are the same in every language. */
  function remember() {
    kept = {
      until: Date.now() + 15000,
      top: window.scrollY,
      scrolled: [...document.querySelectorAll(SCROLLED)].map((one) => one.scrollTop),
      open: [...document.querySelectorAll("#app-content details")].map((one) => one.open),
    };
  }

  function restore() {
    if (!kept) return;
    if (Date.now() > kept.until) {
      kept = null;
      return;
    }
    document.querySelectorAll("#app-content details").forEach((one, place) => {
      if (place < kept.open.length) one.open = kept.open[place];
    });
    document.querySelectorAll(SCROLLED).forEach((one, place) => {
      if (place < kept.scrolled.length) one.scrollTop = kept.scrolled[place];
    });
    if (kept.top) window.scrollTo({ top: kept.top });
  }

  /** What components of others leave out for those who use keys or listen. */
  function reach(content) {
    // tables scroll sideways on a phone; without a focus of their own no key could do that
    for (const one of content.querySelectorAll(".ag-center-cols-viewport:not([tabindex])")) one.tabIndex = 0;
    // the field behind a button for files has the name that stands on the button
    for (const one of content.querySelectorAll("input[type=file]:not([aria-label])")) {
      const name = one.parentElement && one.parentElement.textContent.trim();
      if (name) one.setAttribute("aria-label", name);
    }
  }

  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest(".lang-link")) remember();
  }, true);
  for (const kind of ["wheel", "touchstart", "keydown", "pointerdown"]) {
    document.addEventListener(kind, (event) => {
      // whoever moves on after the switch is not pulled back
      if (kept && !(event.target instanceof Element && event.target.closest(".lang-link"))) kept = null;
    }, { capture: true, passive: true });
  }

  let asked = false;
  new MutationObserver(() => {
    if (asked) return;
    asked = true;
    window.requestAnimationFrame(() => {
      asked = false;
      const header = document.getElementById("app-header");
      const content = document.getElementById("app-content");
      if (header) tell(header);
      if (content) reach(content);
      restore();
    });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
