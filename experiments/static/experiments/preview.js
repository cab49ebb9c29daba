// The badge of a preview, and the way out of it. Loaded by client.js in a tab that previews, never for visitors.
// Served by experiments.api.client without these comments, which therefore stand on lines of their own.
(() => {
  "use strict";
  const PREVIEW = "microlift.preview";
  const LINK = "microlift_preview";
  const kept = JSON.parse(sessionStorage.getItem(PREVIEW));
  // The server has not answered, so nobody knows what the link shows.
  if (!kept) return;
  const { shown } = kept;
  const names = Object.keys(shown);

  const end = () => {
    sessionStorage.removeItem(PREVIEW);
    const url = new URL(location.href);
    [LINK].concat(names).forEach((name) => url.searchParams.delete(name));
    // Not just another address: one that differs in nothing, or in the fragment alone, would not be loaded.
    history.replaceState(null, "", url);
    location.reload();
  };

  const element = (tag, text, style) => {
    const made = document.createElement(tag);
    made.textContent = text;
    // By script: a policy for styles forbids attributes, and not this.
    made.style.cssText = style;
    return made;
  };
  const place = "all: initial; position: fixed; left: 12px; bottom: 12px; z-index: 2147483647";
  const look =
    "display: flex; gap: 12px; align-items: center; padding: 8px 8px 8px 14px; border-radius: 8px;" +
    "font: 14px/20px system-ui, sans-serif; color: white; background: midnightblue; box-shadow: 0 2px 8px gray";
  const host = element("div", "", place);
  const box = element("div", "", look);
  const text = element("span", `Preview: ${names.map((name) => shown[name]).join(", ")} · not counted`, "");
  const button = element("button", "End preview", "font: inherit; cursor: pointer; padding: 2px 10px");
  box.setAttribute("role", "status");
  button.addEventListener("click", end);
  box.append(text, button);
  // Out of reach of the page's styles and scripts that look for elements.
  host.attachShadow({ mode: "open" }).append(box);
  document.documentElement.append(host);
})();
