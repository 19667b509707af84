// Jobs: their bars move, they are cancelled and tried again; the example is asked for.
(function () {
  "use strict";
  const EVERY_MS = 2000;

  /** The token that a request which changes something repeats, as Dash's own requests do. */
  function tokenHeaders() {
    const config = JSON.parse(document.getElementById("_dash-config").textContent);
    const name = config.csrf_token_name;
    const cookie = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
    const token = cookie ? decodeURIComponent(cookie.slice(name.length + 1)) : "";
    return token ? { [config.csrf_header_name]: token } : {};
  }

  function language() {
    return new URLSearchParams(window.location.search).get("lang") || "en";
  }

  function show(place, job) {
    const bar = place.querySelector(".job-bar");
    if (!bar) return;
    const percent = Math.round(100 * job.fraction);
    bar.value = percent;
    place.querySelector(".job-percent").textContent = `${percent} %`;
    const words = place.closest(".jobs-live").dataset;
    const parts = [job.state === "running" ? job.stage : ""];
    if (job.state === "running" && job.left_s !== null) {
      const minutes = job.left_s >= 90;
      const count = minutes ? Math.round(job.left_s / 60) : Math.max(1, Math.round(job.left_s));
      parts.push((minutes ? words.minutes : words.seconds).replace("#", count));
    }
    place.querySelector(".job-progress").textContent = parts.filter(Boolean).join(" · ");
  }

  let told = "";

  /** Ask how far the jobs are; only when one begins or ends is the list made anew. */
  async function watch() {
    const place = document.querySelector(".jobs-live");
    if (!place || document.hidden) return;
    const answer = await fetch(`/api/v1/jobs?limit=50&lang=${language()}`).catch(() => null);
    if (!answer || !answer.ok) return;
    const jobs = (await answer.json()).items;
    const shape = jobs.map((job) => `${job.job_id}${job.state}${job.cancel_asked}`).join();
    // a job that waits may wait in vain: the list says so once it is made anew
    const waits = jobs.some((job) => job.state === "queued") && !jobs.some((job) => job.state === "running");
    const now = shape + (waits ? Math.floor(Date.now() / 6000) : "");
    if ((shape !== place.dataset.shape || waits) && now !== told) {
      told = now;
      window.dash_clientside.set_props(place.dataset.tick, { data: now });
    }
    for (const job of jobs) {
      const line = document.querySelector(`[data-job="${job.job_id}"]`);
      if (line) show(line, job);
    }
  }
  window.setInterval(watch, EVERY_MS);

  async function cancel(button) {
    button.disabled = true;
    const answer = await fetch(`/api/v1/jobs/${button.dataset.cancel}/cancel?lang=${language()}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...tokenHeaders() },
      body: "{}",
    }).catch(() => null);
    if (!answer || !answer.ok) {
      button.after(button.closest(".jobs-live").dataset.refused);
      return;
    }
    watch();
  }

  async function makeExample(button) {
    const said = document.getElementById("first-told");
    button.disabled = true;
    said.textContent = button.dataset.asking;
    const answer = await fetch(`/example?lang=${language()}`, { method: "POST", headers: tokenHeaders() }).catch(() => null);
    if (answer && answer.ok) window.location.assign(button.dataset.example);
    else {
      said.textContent = button.dataset.refused;
      button.disabled = false;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-cancel], [data-retry], [data-example]");
    if (!button) return;
    if (button.dataset.cancel) cancel(button);
    else if (button.dataset.retry) {
      button.disabled = true;
      const asked = { job: Number(button.dataset.retry), at: Date.now() };
      window.dash_clientside.set_props("jobs-retry", { data: asked });
    } else makeExample(button);
  });

  window.gridmapToken = tokenHeaders;
})();
