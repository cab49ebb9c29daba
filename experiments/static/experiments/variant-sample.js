// The sample page of a variant: it stands in a sandboxed frame, and the real browser client changes it.
(() => {
  "use strict";
  const { kind, payload, client, words, names } = JSON.parse(document.getElementById("given").textContent);
  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  // What the client would be told by the service: one experiment, and everybody gets this variant.
  const shown = { key: "shown", payload };
  const decide = { seed: "sample", ranges: [[0, 10000]], filters: [], audience: true, pages: [] };
  const experiment = { phase: 1, kind, state: "running", control: 0, selectors: kind === "popup" ? [] : [payload.selector], variants: [shown], decide };
  const configuration = { config: 1, consent: false, forms: false, inventory: 0, experiments: { sample: experiment }, triggers: [] };
  const assignments = { sample: { variant: "shown", in_experiment: true, reason: "assigned", payload, phase: 1, kind } };
  // Nothing is asked and nothing is told.
  window.fetch = async () => new Response(JSON.stringify({ ...configuration, assignments, results: [] }));
  navigator.sendBeacon = () => true;

  const button = () => element("button", { id: "sample", type: "button", textContent: words.button });
  const pages = {
    cta: () => [
      element("h1", { textContent: words.headline }),
      element("p", { id: "beside", textContent: words.text }),
      element("div", { className: "group" }, element("a", { href: "#", textContent: words.link }), button()),
    ],
    form: () => [element("form", { id: "form" }, ...(names.length ? names : ["email", "name", "phone"]).map(row), element("button", { textContent: words.send }))],
    popup: () => [element("h1", { textContent: words.headline }), element("p", { textContent: words.text }), button()],
  };
  const row = (name) =>
    element("div", {}, element("label", { htmlFor: `f-${name}`, textContent: name }), element("input", { id: `f-${name}`, name, type: "text" }));
  document.body.append(element("main", {}, ...pages[kind]()));
  document.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("click", (event) => event.target.closest("a") && event.preventDefault());

  const script = element("script", { src: client });
  Object.assign(script.dataset, { key: "pk_sample", visitor: "sample", guard: "off" });
  document.body.append(script);
})();
