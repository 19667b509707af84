// The page of the routes: stops are dragged to other days, or moved from a menu; a day is played.
(function () {
  "use strict";
  const nothing = () => window.dash_clientside.no_update; // there once Dash has started
  const set = (id, properties) => window.dash_clientside.set_props(id, properties);

  function freshKey() {
    const bytes = window.crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
  }

  // ---- what others change ---------------------------------------------------------------------
  /** The routes that are shown: token, scenario, cell and language; null while they are drawn. */
  let seen = null;
  const CHANGES = ["move", "pin", "unpin", "undo", "redo"];

  /** Draw the page anew if somebody changed the routes of the cell, and say who. */
  async function lookForChanges() {
    const asked = seen;
    const busy = document.hidden || drag || document.querySelector(".mantine-Modal-content");
    if (!asked || busy || !document.getElementById("routes-calendar")) return;
    const address = `/routes/${asked.scenario}/${asked.cell}/head.json?lang=${asked.language}`;
    const answer = await fetch(address).catch(() => null);
    if (!answer || !answer.ok) return;
    const head = await answer.json();
    if (asked !== seen || drag || head.token === asked.token) return;
    seen = null;
    set("routes-changed", { data: { scenario: asked.scenario, at: freshKey() } });
    if (head.told) set("routes-told", { children: head.told });
  }
  window.setInterval(lookForChanges, 2000);

  /** Ask the server for something that changes the plan; the same wish is sent under one key. */
  function wish(facts) {
    const number = (value) => (value === undefined ? undefined : Number(value));
    if (CHANGES.includes(facts.wish)) seen = null; // until what is changed is drawn
    const data = { kind: facts.wish, key: freshKey(), outlet: facts.outlet || "" };
    for (const name of ["day", "to", "job"]) if (facts[name] !== undefined) data[name] = number(facts[name]);
    set("routes-wish", { data: data });
  }

  // ---- what a move would cost ---------------------------------------------------------------
  let costs = null;
  let question = 0;

  function ask(chip, menu) {
    costs = null;
    question += 1;
    const day = Number(chip.dataset.day);
    set("routes-asked", { data: { outlet: chip.dataset.outlet, day: day, at: question, menu: menu } });
  }

  const days = () => document.querySelectorAll(".calendar .day-cell");

  function paint(answer) {
    for (const cell of days()) {
      const cost = answer ? answer.to[cell.dataset.day] : undefined;
      cell.classList.toggle("day-can", Boolean(cost && cost.ok));
      cell.classList.toggle("day-cannot", Boolean(cost && !cost.ok));
      const shown = cell.querySelector(".day-cost");
      if (shown) shown.textContent = cost ? cost.short : "";
    }
  }

  // ---- dragging, by mouse, pen or finger ------------------------------------------------------
  const START_PX = 6;
  let drag = null;
  let suppressClick = false;

  function begin() {
    const ghost = drag.chip.cloneNode(true);
    ghost.className = "chip chip-ghost";
    ghost.setAttribute("aria-hidden", "true");
    const tip = document.createElement("div");
    tip.className = "drag-tip";
    document.body.append(ghost, tip);
    Object.assign(drag, { began: true, ghost: ghost, tip: tip });
    drag.chip.classList.add("chip-gone");
    document.documentElement.classList.add("dragging-stop");
    ask(drag.chip, false);
  }

  function dayAt(x, y) {
    const found = document.elementFromPoint(x, y);
    return found ? found.closest(".calendar .day-cell") : null;
  }

  function follow(x, y) {
    drag.ghost.style.transform = `translate(${x + 8}px, ${y + 8}px)`;
    const over = dayAt(x, y);
    if (over !== drag.over) {
      if (drag.over) drag.over.classList.remove("day-target");
      if (over) over.classList.add("day-target");
      drag.over = over;
    }
    tell(x, y);
  }

  function tell(x, y) {
    const cost = costs && drag.over ? costs.to[drag.over.dataset.day] : undefined;
    drag.tip.replaceChildren(
      ...(cost ? cost.lines : []).map((line) => {
        const row = document.createElement("div");
        row.textContent = line;
        return row;
      }),
    );
    drag.tip.classList.toggle("drag-tip-no", Boolean(cost && !cost.ok));
    drag.tip.hidden = !cost;
    const left = Math.max(8, Math.min(x + 8, window.innerWidth - drag.tip.offsetWidth - 8));
    const below = y + 44 + drag.tip.offsetHeight < window.innerHeight;
    drag.tip.style.transform = `translate(${left}px, ${below ? y + 40 : y - 16 - drag.tip.offsetHeight}px)`;
  }

  function end() {
    if (!drag) return;
    if (drag.began) {
      drag.ghost.remove();
      drag.tip.remove();
      drag.chip.classList.remove("chip-gone");
      if (drag.over) drag.over.classList.remove("day-target");
      document.documentElement.classList.remove("dragging-stop");
      paint(null);
    }
    drag = null;
  }

  /** A stop was let go over a day: moved if its cost was seen, else the menu says what it costs. */
  function drop() {
    const { chip, over } = drag;
    const to = over ? over.dataset.day : undefined;
    if (to === undefined || to === chip.dataset.day) return;
    const cost = costs ? costs.to[to] : undefined;
    if (cost && cost.ok) wish({ wish: "move", outlet: chip.dataset.outlet, day: chip.dataset.day, to: to });
    else if (cost) set("routes-told", { children: cost.lines.join(" ") });
    else ask(chip, true);
  }

  document.addEventListener("pointerdown", (event) => {
    const chip = event.target instanceof Element ? event.target.closest(".chip-move") : null;
    suppressClick = false;
    if (!chip || event.button !== 0 || drag) return;
    drag = { chip: chip, x: event.clientX, y: event.clientY, pointer: event.pointerId, began: false, over: null };
    if (chip.hasPointerCapture && event.pointerType !== "mouse") chip.releasePointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag || event.pointerId !== drag.pointer) return;
    if (!drag.began) {
      if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < START_PX) return;
      begin();
    }
    event.preventDefault();
    Object.assign(drag, { x: event.clientX, y: event.clientY });
    follow(event.clientX, event.clientY);
  });
  document.addEventListener("pointerup", (event) => {
    if (!drag || event.pointerId !== drag.pointer) return;
    suppressClick = drag.began;
    window.setTimeout(() => (suppressClick = false), 0); // the click that ends a drag comes at once
    if (drag.began) drop();
    end();
  });
  document.addEventListener("pointercancel", end);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) end();
  });
  document.addEventListener(
    "click",
    (event) => {
      if (!(event.target instanceof Element)) return;
      const chip = event.target.closest(".chip-move");
      if (chip) {
        event.preventDefault();
        if (!suppressClick) ask(chip, true);
        suppressClick = false;
        return;
      }
      const button = event.target.closest(".page-routes [data-wish], .mantine-Modal-root [data-wish]");
      if (!button || button.disabled) return;
      set("routes-menu", { opened: false });
      wish(button.dataset);
    },
    true,
  );

  /** After a move the stop has the focus where it is now. */
  function focusOn(place, tries) {
    const at = place.day === undefined ? "" : `[data-day="${place.day}"]`;
    const chip = document.querySelector(`.chip-move[data-outlet="${CSS.escape(place.outlet)}"]${at}`);
    if (chip && !document.querySelector(".mantine-Modal-content")) chip.focus();
    else if (tries > 0) window.setTimeout(() => focusOn(place, tries - 1), 100);
  }

  // ---- the day on the map ---------------------------------------------------------------------
  const DAY_LASTS_S = 24; // so long a day is played
  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let walk = [];
  let clock = 0;
  let playing = 0;

  function between(rows, x) {
    if (x <= rows[0][0]) return rows[0][1];
    for (let at = 1; at < rows.length; at += 1) {
      const [x1, y1] = rows[at];
      const [x0, y0] = rows[at - 1];
      if (x <= x1) return x1 === x0 ? y1 : y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
    }
    return rows[rows.length - 1][1];
  }

  function placeOf(route, seconds) {
    const metres = between(route.times, seconds);
    const { along, line } = route;
    let at = 1;
    while (at < along.length - 1 && along[at] < metres) at += 1;
    const span = along[at] - along[at - 1];
    const share = span > 0 ? Math.min(1, Math.max(0, (metres - along[at - 1]) / span)) : 0;
    return [0, 1].map((axis) => line[at - 1][axis] + share * (line[at][axis] - line[at - 1][axis]));
  }

  function told(seconds) {
    const minutes = Math.floor(seconds / 60);
    return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  }

  function player() {
    const place = document.getElementById("routes-player");
    if (!place) return null;
    if (!place.firstChild) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button player-button";
      button.addEventListener("click", () => (calm() ? step() : toggle()));
      const slider = document.createElement("input");
      slider.type = "range";
      slider.step = "60";
      slider.setAttribute("aria-label", place.dataset.clock);
      slider.addEventListener("input", () => {
        pause();
        show(Number(slider.value));
      });
      const time = document.createElement("output");
      time.className = "player-time";
      place.append(button, slider, time);
    }
    const [button, slider, time] = place.children;
    return { place: place, button: button, slider: slider, time: time };
  }

  function name(parts) {
    const { play, pause: stop, next } = parts.place.dataset;
    parts.button.textContent = calm() ? next : playing ? stop : play;
  }

  function show(seconds) {
    const parts = player();
    if (!parts || !walk.length) return;
    clock = seconds;
    parts.slider.value = String(Math.round(seconds));
    parts.slider.setAttribute("aria-valuetext", told(seconds));
    parts.time.textContent = told(seconds);
    const map = document.querySelector("#routes-map .plan-map-canvas");
    if (map && map.planView) map.planView.walk(walk.map((route) => placeOf(route, seconds)));
    for (const stop of document.querySelectorAll(".timeline .stop")) {
      const left = Number(stop.dataset.arrival) + Number(stop.dataset.service || 0);
      stop.classList.toggle("stop-now", seconds >= Number(stop.dataset.arrival) && seconds < left);
    }
  }

  function range() {
    const times = walk.flatMap((route) => route.times.map((row) => row[0]));
    return [Math.min(...times), Math.max(...times)];
  }

  function pause() {
    window.cancelAnimationFrame(playing);
    playing = 0;
    const parts = player();
    if (parts) name(parts);
  }

  function toggle() {
    if (playing) return pause();
    const [first, last] = range();
    let from = clock >= last ? first : clock;
    let begun = null;
    const frame = (now) => {
      if (begun === null) begun = now;
      const at = from + ((now - begun) / 1000) * ((last - first) / DAY_LASTS_S);
      show(Math.min(at, last));
      if (at >= last) return pause();
      playing = window.requestAnimationFrame(frame);
    };
    playing = window.requestAnimationFrame(frame);
    name(player());
  }

  function step() {
    const arrivals = walk.flatMap((route) => route.stops.map((stop) => stop[0])).sort((a, b) => a - b);
    show(arrivals.find((one) => one > clock) ?? range()[0]);
  }

  function showWalk(data) {
    pause();
    walk = (data || []).filter((route) => route.line.length > 1 && route.times.length > 1);
    const parts = player();
    if (!parts) return;
    parts.place.hidden = !walk.length;
    const map = document.querySelector("#routes-map .plan-map-canvas");
    if (map && map.planView) map.planView.walk([]);
    if (!walk.length) return;
    const [first, last] = range();
    Object.assign(parts.slider, { min: String(first), max: String(last) });
    clock = first;
    parts.slider.value = String(first);
    parts.time.textContent = told(first);
    name(parts);
  }

  Object.assign(window.dash_clientside.gridmap, {
    showCosts: (answer) => {
      if (!answer || answer.at !== question) return;
      costs = answer;
      if (!drag || !drag.began) return;
      paint(answer);
      tell(drag.x, drag.y);
    },
    followChange: (changed) => {
      if (!changed) return;
      const query = new URLSearchParams(window.location.search);
      if (query.get("scenario") !== null && query.get("scenario") !== String(changed.scenario)) {
        query.set("scenario", String(changed.scenario));
        set("app-url", { search: "?" + query.toString() });
        return;
      }
      const cell = query.get("cell");
      if (cell) {
        const lang = query.get("lang") || "en";
        set("routes-map", {
          routesUrl: `/data/${changed.scenario}/routes/${cell}.geojson?lang=${lang}&at=${changed.at}`,
        });
      }
      if (changed.focus) focusOn(changed.focus, 30);
    },
    watchRoutes: (token, selection) => {
      const { scenario, cell, language } = selection || {};
      seen = token && cell ? { token: token, scenario: scenario, cell: cell, language: language } : null;
    },
    showWalk: showWalk,
    // the days of a cell have one load: another day of it is no news
    cellShown: (selection, changed) => {
      if (!selection || selection.cell === null) return nothing();
      const { scenario, cell, language } = selection;
      const seen = JSON.stringify([scenario, cell, language, changed && changed.at]);
      const place = document.getElementById("routes-load");
      if (place && place.dataset.seen === seen) return nothing();
      if (place) place.dataset.seen = seen;
      return { ...selection, week: null, weekday: null };
    },
  });
})();
