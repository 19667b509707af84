// What needs no server: the selection in the address, light and dark.
(function () {
  "use strict";
  const NOTHING = window.dash_clientside ? window.dash_clientside.no_update : undefined;

  /** Change the address; the pages follow it. A value of null takes the key out. */
  function choose(changes) {
    const query = new URLSearchParams(window.location.search);
    let changed = false;
    for (const [key, value] of Object.entries(changes)) {
      const wanted = value === null ? null : String(value);
      if (query.get(key) === wanted) continue;
      changed = true;
      if (wanted === null) query.delete(key);
      else query.set(key, wanted);
    }
    if (!changed) return;
    window.dash_clientside.set_props("app-url", { search: "?" + query.toString() });
  }

  /** Another cell has other routes, so the day is left open. */
  function chooseCell(cell) {
    if (cell === null || cell === undefined) return;
    if (new URLSearchParams(window.location.search).get("cell") === String(cell)) return;
    choose({ cell: cell, day: null });
  }

  function routesUrl(selection) {
    if (selection.cell === null) return null;
    return `/data/${selection.scenario}/routes/${selection.cell}.geojson?lang=${selection.language}`;
  }

  /** When a session has ended the server answers 401 to whatever the page asks: sign in anew. */
  const ask = window.fetch.bind(window);
  window.fetch = async function (...question) {
    const answer = await ask(...question);
    if (answer.status === 401 && new URL(answer.url).origin === window.location.origin) window.location.reload();
    return answer;
  };

  let wasRunning = false;

  /** Show the plans in the making; when the last one ends on the empty page, show the result. */
  async function watchRuns() {
    const place = document.getElementById("app-runs");
    if (!place || document.hidden) return;
    const language = new URLSearchParams(window.location.search).get("lang") || "";
    const answer = await fetch(`/runs?lang=${encodeURIComponent(language)}`).catch(() => null);
    if (!answer || !answer.ok) return;
    const runs = await answer.json();
    place.replaceChildren(
      ...runs.map((run) => {
        const bar = document.createElement("progress");
        bar.value = run.fraction;
        const line = document.createElement("label");
        line.append(run.title, bar);
        return line;
      }),
    );
    if (wasRunning && !runs.length && document.querySelector(".empty-state")) window.location.reload();
    wasRunning = runs.length > 0;
  }
  window.setInterval(watchRuns, 2000);

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    gridmap: {
      chooseCell: chooseCell,
      chooseBar: (click) => chooseCell(click && click.points.length ? click.points[0].customdata : null),
      chooseRow: (rows) => chooseCell(Array.isArray(rows) && rows.length ? rows[0].id : null),
      // cells and days of another plan mean something else
      chooseScenario: (scenario) => {
        const now = new URLSearchParams(window.location.search).get("scenario");
        if (scenario && now !== null && now !== scenario) choose({ scenario: scenario, cell: null, day: null });
        else if (scenario && now === null) choose({ scenario: scenario });
      },
      showCell: (selection) => {
        if (!selection) return [NOTHING, NOTHING];
        return [selection.cell, selection.cell === null ? [] : { ids: [String(selection.cell)] }];
      },
      showDay: (selection) => {
        if (!selection) return [NOTHING, NOTHING, NOTHING, NOTHING];
        const day = selection.week === null ? null : { week: selection.week, weekday: selection.weekday };
        const cell = selection.cell === null ? null : String(selection.cell);
        return [selection.cell, day, routesUrl(selection), cell];
      },
      showLayers: (layers) => layers || [],
      showChosen: (selection) => (selection ? selection.cell : NOTHING),
      isDark: (dark) => Boolean(dark),
      toggleDark: (clicks) => {
        const dark = document.documentElement.dataset.agThemeMode === "dark";
        if (clicks) window.dash_clientside.set_props("app-dark", { data: !dark });
      },
      applyDark: (dark) => {
        document.documentElement.dataset.agThemeMode = dark ? "dark" : "light";
        return dark ? "dark" : "light";
      },
    },
  });
})();
