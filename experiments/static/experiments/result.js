// Draws the charts of the result page and fetches its numbers anew, without moving what the reader looks at.
(() => {
  "use strict";
  const root = document.getElementById("result");
  const lost = document.getElementById("result-lost");

  const dark = () => document.documentElement.classList.contains("dark");

  const inked = (spec) => {
    if (!dark()) return spec;
    const inks = spec.usermeta.dark;
    return { ...spec, params: spec.params.map((param) => ({ ...param, value: inks[param.name] })) };
  };

  const specsIn = (element) => JSON.parse(element.querySelector("#result-specs").textContent);

  const draw = (plot, spec) => {
    const canvas = document.createElement("div");
    canvas.setAttribute("aria-hidden", "true");
    plot.replaceChildren(canvas);
    plot.dataset.drawn = JSON.stringify(spec);
    return window.microliftCharts.draw(canvas, inked(spec), { defaultStyle: false, tooltip: false });
  };

  const drawAll = () => {
    const specs = specsIn(root);
    for (const plot of root.querySelectorAll("[data-chart]")) {
      // What is folded away has no width to draw in; it is drawn when it is unfolded.
      if (plot.closest("details:not([open])")) continue;
      const spec = specs[plot.dataset.chart];
      if (plot.dataset.drawn !== JSON.stringify(spec)) draw(plot, spec);
    }
  };

  const swap = (html) => {
    const fresh = document.createElement("div");
    fresh.innerHTML = html;
    const specs = specsIn(fresh);
    // A chart whose numbers are the same stays the very same element: nothing flickers.
    for (const plot of fresh.querySelectorAll("[data-chart]")) {
      const drawn = JSON.stringify(specs[plot.dataset.chart]);
      const old = [...root.querySelectorAll("[data-drawn]")].find((candidate) => candidate.dataset.drawn === drawn);
      if (old) plot.replaceChildren(...old.childNodes), (plot.dataset.drawn = drawn);
    }
    for (const details of fresh.querySelectorAll("details[id]")) {
      const old = document.getElementById(details.id);
      if (old) details.open = old.open;
    }
    root.replaceChildren(...fresh.childNodes);
    drawAll();
  };

  const refresh = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(root.dataset.fragment, { credentials: "same-origin" });
      // Logged out meanwhile: the whole page leads to the login.
      if (answer.redirected) location.reload();
      else if (answer.ok) swap(await answer.text());
      lost.hidden = answer.ok;
    } catch {
      lost.hidden = false;
    }
  };

  drawAll();
  root.addEventListener("toggle", drawAll, true);
  new MutationObserver(() => {
    for (const plot of root.querySelectorAll("[data-drawn]")) delete plot.dataset.drawn;
    drawAll();
  }).observe(document.documentElement, { attributeFilter: ["class"] });
  setInterval(refresh, root.dataset.seconds * 1000);
  document.addEventListener("visibilitychange", refresh);
})();
