/* The mark of the chosen cell on charts. A chart of a thousand cells takes a second to draw, and
   plotly draws all of it again when a shape moves: so charts are drawn once for a plan, and the
   mark is an element of the page that lies over them. */
(() => {
  "use strict";
  const CHARTS = ["cells-balance", "cells-league", "cells-quadrant", "card-quadrant"];
  /** How far the ring stands off its point, in pixels. */
  const ROOM_PX = 3;
  /** So long a chart may take until it is drawn, in milliseconds. */
  const PATIENCE_MS = 10000;
  let chosen = null;
  let turn = 0;

  /** Find a cell among the traces of a chart: its trace, and its place there. */
  function placeOf(data, cell) {
    for (const trace of data) {
      const at = trace.customdata ? Array.from(trace.customdata).indexOf(cell) : -1;
      if (at >= 0) return { trace, at };
    }
    return null;
  }

  /** Where the mark lies in a chart whose cells are lines, one below the other. */
  function line({ trace, at }, { yaxis }) {
    const height = yaxis._length / yaxis._categories.length;
    return { left: "0", width: "100%", top: `${yaxis._offset + yaxis.d2p(trace.y[at]) - height / 2}px`, height: `${height}px` };
  }

  /** Where the mark lies in a chart whose cells are points. */
  function ring({ trace, at }, { xaxis, yaxis }) {
    const reach = trace.marker.size[at] / 2 + ROOM_PX;
    const left = xaxis._offset + xaxis.d2p(trace.x[at]) - reach;
    const top = yaxis._offset + yaxis.d2p(trace.y[at]) - reach;
    return { left: `${left}px`, top: `${top}px`, width: `${2 * reach}px`, height: `${2 * reach}px` };
  }

  function mark(chart) {
    const frame = chart.querySelector(".svg-container");
    frame.querySelector(".chart-mark")?.remove();
    const found = placeOf(chart.data, chosen);
    if (!found) return;
    const lines = chart._fullLayout.yaxis.type === "category";
    const one = document.createElement("div");
    one.className = lines ? "chart-mark" : "chart-mark chart-mark-point";
    one.setAttribute("aria-hidden", "true");
    one.dataset.cell = chosen;
    if (!lines) one.append(Object.assign(document.createElement("span"), { textContent: found.trace.hovertext[found.at] }));
    Object.assign(one.style, (lines ? line : ring)(found, chart._fullLayout));
    frame.append(one);
  }

  /** Mark a chart as soon as it is drawn, and again whenever it is drawn anew. */
  function watch(id, mine, until) {
    if (mine !== turn || performance.now() > until) return;
    const chart = document.querySelector(`#${id} .js-plotly-plot`);
    if (!chart?._fullLayout?._size || !chart.querySelector(".cartesianlayer")) {
      requestAnimationFrame(() => watch(id, mine, until));
      return;
    }
    if (!chart.isWatched) chart.on("plotly_afterplot", () => mark(chart));
    chart.isWatched = true;
    mark(chart);
  }

  /** Mark the chosen cell on the charts of the page; a chart that is not drawn yet is waited for. */
  function markCell(selection) {
    turn += 1;
    chosen = selection ? selection.cell : null;
    const until = performance.now() + PATIENCE_MS;
    for (const id of CHARTS) if (document.getElementById(id)) watch(id, turn, until);
    return chosen;
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.gridmap = Object.assign({}, window.dash_clientside.gridmap, {
    markCell: markCell,
    drawBalance: (drawn, workload) => drawn[workload] || Object.values(drawn)[0],
  });
})();
