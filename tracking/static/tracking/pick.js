// "Pick on the page": opens a page of the project in a tab, takes what is clicked there, and writes it into the field.
// The page is somebody's whole website, so nothing is believed but a short text from that tab and that address.
(() => {
  "use strict";
  const LONGEST = 300;

  const kept = (project, value) => {
    try {
      if (value) localStorage.setItem(`microlift.page.${project}`, value);
      return localStorage.getItem(`microlift.page.${project}`) || "";
    } catch {
      return "";
    }
  };

  const make = (tag, attributes = {}, text = "") => {
    const made = Object.assign(document.createElement(tag), attributes);
    made.textContent = text;
    return made;
  };

  const projectOf = (button) =>
    button.dataset.project || button.closest("form")?.querySelector("[name=project]")?.value || "";

  // One line under the button that says how it goes.
  const lineOf = (button) => {
    const next = button.nextElementSibling;
    if (next?.classList.contains("microlift-said")) return next;
    const line = make("p", { className: "microlift-said" });
    line.setAttribute("role", "status");
    button.after(line);
    return line;
  };
  const say = (button, text, tone = "") => {
    const line = lineOf(button);
    line.className = `microlift-said ${tone}`;
    line.textContent = text;
    return line;
  };
  const sayWaiting = (button) => {
    const other = make("button", { type: "button" }, button.dataset.other);
    other.addEventListener("click", () => ask(button));
    say(button, button.dataset.waiting).append(other);
  };

  const linkTo = async (button, page) => {
    const token = button.closest("form").querySelector("[name=csrfmiddlewaretoken]").value;
    const body = new URLSearchParams({ project: projectOf(button), page });
    const answer = await fetch(button.dataset.url, { method: "POST", body, headers: { "X-CSRFToken": token } });
    const { url, detail } = await answer.json();
    if (!url) throw new Error(detail);
    return url;
  };

  // Which tab may answer, from where, and for which button; a second one takes the place of the first.
  let waiting = null;

  const start = async (button, page) => {
    // At once, while the browser still knows that somebody has clicked; where to, the server says a moment later.
    const tab = window.open("about:blank", "_blank");
    if (!tab) return say(button, button.dataset.blocked, "microlift-wrong");
    try {
      const url = await linkTo(button, page);
      waiting = { tab, button, origin: new URL(url).origin };
      kept(projectOf(button), page);
      button.parentElement.querySelector(".microlift-ask")?.remove();
      tab.location.href = url;
      sayWaiting(button);
    } catch (error) {
      tab.close();
      // A sentence of ours, or whatever kept the answer from being read.
      const ours = error.constructor === Error && error.message;
      say(button, ours || button.dataset.failed, "microlift-wrong");
      if (ours) ask(button);
    }
  };

  const ask = (button) => {
    const { ask: question, open } = button.dataset;
    let box = button.parentElement.querySelector(".microlift-ask");
    if (!box) {
      const id = `${button.dataset.target}-page`;
      box = make("div", { className: "microlift-ask" });
      const field = make("input", { id, type: "url", placeholder: "https://www.shop.example/pricing" });
      const go = make("button", { type: "button" }, open);
      const row = make("div");
      row.append(field, go);
      box.append(make("label", { htmlFor: id }, question), row);
      lineOf(button).after(box);
      field.value = kept(projectOf(button)) || "https://";
      go.addEventListener("click", () => start(button, field.value.trim()));
      // Enter would send the whole form.
      field.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        go.click();
      });
      // The page's address is no change of what the form is about.
      for (const type of ["input", "change"]) box.addEventListener(type, (event) => event.stopPropagation());
    }
    box.querySelector("input").focus();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".microlift-pick[data-target]");
    if (!button) return;
    const page = kept(projectOf(button));
    if (page && projectOf(button)) start(button, page);
    else ask(button);
  });

  addEventListener("message", ({ data, source, origin }) => {
    if (!waiting || source !== waiting.tab || origin !== waiting.origin || data?.microlift !== "picked") return;
    const { button, tab } = waiting;
    const { selector, text } = data;
    if (typeof selector !== "string" || !selector || selector.length > LONGEST) return;
    const field = document.getElementById(button.dataset.target);
    if (!field) return;
    waiting = null;
    field.value = selector;
    for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
    const what = typeof text === "string" && text ? `“${text.slice(0, 100)}”` : selector;
    say(button, `${button.dataset.done} ${what}`, "microlift-good");
    tab.postMessage({ microlift: "taken" }, origin);
    field.focus();
  });
})();
