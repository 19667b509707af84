// Cells coloured by a figure: the classes are fetched once and drawn in the browser.
(function () {
  "use strict";
  const shown = new Map();

  async function classes(address) {
    if (!shown.has(address)) {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(String(answer.status));
      shown.set(address, await answer.json());
    }
    return shown.get(address);
  }

  function line(one, place) {
    const mark = document.createElement("span");
    mark.className = one.colour ? "shade-mark" : "shade-mark shade-missing";
    if (one.colour) mark.style.background = one.colour;
    mark.setAttribute("aria-hidden", "true");
    const count = one.cells.length;
    const cells = count === 1 ? place.dataset.one : place.dataset.more.replace("#", count);
    const words = document.createElement("span");
    words.textContent = [one.name, one.range, cells].filter(Boolean).join(" · ");
    const item = document.createElement("li");
    item.append(mark, words);
    return item;
  }

  /** A link shows what its sender saw; nobody has to be asked for that. */
  function keepInAddress(metric) {
    const address = new URL(window.location.href);
    if (address.searchParams.get("by") === metric) return;
    if (metric === null) address.searchParams.delete("by");
    else address.searchParams.set("by", metric);
    window.history.replaceState(window.history.state, "", address);
  }

  async function colourBy(metric, selection) {
    const place = document.getElementById("cells-shade-legend");
    if (!place) return window.dash_clientside.no_update;
    const isPlain = !metric || metric === "cell";
    keepInAddress(isPlain ? null : metric);
    if (isPlain || !selection || selection.scenario === null) {
      place.replaceChildren();
      return null;
    }
    const address = `/data/${selection.scenario}/shades/${encodeURIComponent(metric)}.json?lang=${selection.language}`;
    const found = await classes(address).catch(() => null);
    if (!found) {
      place.textContent = place.dataset.failed;
      return null;
    }
    const list = document.createElement("ul");
    list.append(...found.classes.map((one) => line(one, place)));
    list.setAttribute("aria-label", found.title);
    place.replaceChildren(list);
    return Object.fromEntries(found.classes.flatMap((one) => one.cells.map((cell) => [cell, one.colour])));
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.gridmap = Object.assign({}, window.dash_clientside.gridmap, { colourBy: colourBy });
})();
