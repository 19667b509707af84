// The page of plans: what needs no server.
(function () {
  "use strict";

  /** Change the address; the page follows it. A value of null takes the key out. */
  function go(changes) {
    const query = new URLSearchParams(window.location.search);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null) query.delete(key);
      else query.set(key, String(value));
    }
    const search = "?" + query.toString();
    if (search !== window.location.search) window.dash_clientside.set_props("app-url", { search: search });
  }

  /** Dragging on the map itself moves the slider too. */
  function drag(event) {
    const map = event.target.closest && event.target.closest(".slide");
    if (!map || event.buttons !== 1 || event.pointerType === "touch") return;
    event.preventDefault();
    const box = map.getBoundingClientRect();
    const at = Math.round((100 * (event.clientX - box.left)) / box.width);
    window.dash_clientside.set_props("plans-slider", { value: Math.min(100, Math.max(0, at)) });
  }
  document.addEventListener("pointerdown", drag);
  document.addEventListener("pointermove", drag);

  Object.assign(window.dash_clientside.gridmap, {
    // a page that is drawn anew has new buttons that nobody has pressed
    pressPlan: () => {
      const pressed = window.dash_clientside.callback_context.triggered.find((one) => one.value);
      if (!pressed) return window.dash_clientside.no_update;
      return { name: pressed.prop_id.split(".")[0], at: Date.now() };
    },
    closePlan: (clicks) => {
      if (clicks) window.dash_clientside.set_props("plans-dialog", { opened: false });
    },
    comparePlan: (other) => {
      const shown = document.querySelector(".plan-card-here");
      // an address may leave the plan open that the page has chosen
      const scenario = shown && new URL(shown.href).searchParams.get("scenario");
      go(scenario ? { scenario: scenario, with: other || null } : { with: other || null });
    },
    choosePlan: (click) => {
      if (click && click.points.length) go({ scenario: click.points[0].customdata, with: null, cell: null });
    },
    slidePlans: (at, zoom, moved) => {
      const frame = document.querySelector(".slide-frame");
      // of a map larger than its frame, the line between the plans stays in sight
      if (frame) window.requestAnimationFrame(() => {
        const line = (frame.scrollWidth * Number(at)) / 100;
        if (line < frame.scrollLeft || line > frame.scrollLeft + frame.clientWidth) {
          frame.scrollLeft = line - frame.clientWidth / 2;
        }
      });
      return [
        { "--at": `${Number(at)}%`, "--zoom": String(zoom || 1) },
        moved ? "slide" : "slide slide-plain",
      ];
    },
  });
})();
