// On paper everything is light: a dark page takes the light theme while it is printed.
(function () {
  "use strict";
  const THEMES = ["mantineColorScheme", "agThemeMode"];
  let kept = null;

  window.addEventListener("beforeprint", () => {
    const page = document.documentElement.dataset;
    kept = kept || Object.fromEntries(THEMES.map((name) => [name, page[name]]));
    for (const name of THEMES) if (page[name] === "dark") page[name] = "light";
  });
  window.addEventListener("afterprint", () => {
    for (const name of THEMES) if (kept && kept[name]) document.documentElement.dataset[name] = kept[name];
    kept = null;
  });
})();
