// Tables that come in: the field for a file, and the lists of columns.
(function () {
  "use strict";
  const MOST_BYTES = 50e6;
  let settings = {};

  function setSettings(next) {
    settings = next;
    window.dash_clientside.set_props("data-settings", { data: { ...settings } });
  }

  function tell(text) {
    const place = document.getElementById("data-upload");
    if (place) place.textContent = text;
  }

  async function send(file, drop) {
    if (!file) return;
    if (file.size > MOST_BYTES) return tell(drop.dataset.large);
    tell(drop.dataset.sending.replace("{name}", file.name));
    const form = new FormData();
    form.append("file", file);
    const query = new URLSearchParams({
      territory: document.getElementById("data-territory")?.value || "",
      lang: new URLSearchParams(window.location.search).get("lang") || "en",
    });
    const answer = await fetch(`${drop.dataset.to}?${query}`, { method: "POST", headers: window.gridmapToken(), body: form }).catch(() => null);
    if (!answer) return tell(drop.dataset.failed);
    if (!answer.ok) {
      const said = await answer.json().catch(() => null);
      return tell(said && said.faults ? said.faults.map((one) => one.text).join(" ") : drop.dataset.failed);
    }
    tell("");
    if (drop.dataset.then) return window.location.assign(drop.dataset.then);
    const table = await answer.json();
    window.dash_clientside.set_props("data-table", { data: { ...table, at: Date.now() } });
  }

  /** Give each place for a file its field: a native one, for the keyboard and for phones. */
  function prepare() {
    for (const drop of document.querySelectorAll(".file-drop:not([data-ready])")) {
      drop.dataset.ready = "yes";
      const field = document.createElement("input");
      field.type = "file";
      field.accept = drop.dataset.types;
      field.setAttribute("aria-label", drop.dataset.label);
      field.addEventListener("change", () => {
        send(field.files[0], drop);
        field.value = "";
      });
      drop.append(field);
      drop.addEventListener("dragover", (event) => {
        event.preventDefault();
        drop.classList.add("file-over");
      });
      drop.addEventListener("dragleave", () => drop.classList.remove("file-over"));
      drop.addEventListener("drop", (event) => {
        event.preventDefault();
        drop.classList.remove("file-over");
        send(event.dataTransfer.files[0], drop);
      });
    }
    // a page that was left and opened again begins anew
    if (!document.getElementById("data-settings") && !document.querySelector(".data-page")) settings = {};
  }
  new MutationObserver(prepare).observe(document.documentElement, { childList: true, subtree: true });

  function choose(key, value) {
    if (!key.startsWith("columns.")) return setSettings({ ...settings, [key]: value });
    const field = key.slice("columns.".length);
    setSettings({ ...settings, columns: { ...settings.columns, [field]: value } });
  }

  document.addEventListener("change", (event) => {
    const list = event.target.closest("select[data-setting]");
    if (list) choose(list.dataset.setting, list.value);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-setting]");
    if (button) choose(button.dataset.setting, button.dataset.value);
  });
})();
