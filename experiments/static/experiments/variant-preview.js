// How each variant will look, beside its fields: a small sample page in a sandbox, changed by the real browser client.
(() => {
  "use strict";
  const PAUSE = 300;
  const SHOWN = ["cta", "form", "popup"];
  const CTA = ["text", "microcopy", "icon", "background", "color", "size", "sticky"];
  const POPUP = ["title", "text", "button", "url", "place", "close"];
  const LISTS = { label: "labels", placeholder: "placeholders", autocomplete: "autocomplete", message: "messages" };

  const field = (prefix, name) => document.querySelector(`[name="${prefix}-${name}"]`);
  const valueOf = (prefix, name) => {
    const input = field(prefix, name);
    return input?.type === "checkbox" ? input.checked : (input?.value ?? "").trim();
  };
  const filled = (entries) => Object.fromEntries(entries.filter(([, value]) => value && (typeof value !== "object" || Object.keys(value).length)));

  // As experiments.admin.variant_parts makes payloads; the sample page has elements of its own.
  const cta = (prefix) => {
    const place = valueOf(prefix, "cta_place");
    const position = /^(before|after)$/.test(place) ? `${place}:#beside` : place;
    return filled([["selector", "#sample"], ["position", position], ...CTA.map((part) => [part, valueOf(prefix, `cta_${part}`)])]);
  };
  const form = (prefix) => {
    const rows = JSON.parse(valueOf(prefix, "form_rows") || "[]").filter((row) => row.name?.trim());
    const numbers = [...new Set(rows.map((row) => row.step).filter(Boolean))].sort((one, other) => one - other);
    return filled([
      ["selector", "#form"],
      ["hide", rows.filter((row) => row.hide).map((row) => row.name)],
      ["order", valueOf(prefix, "form_in_order") ? rows.map((row) => row.name) : []],
      ...Object.entries(LISTS).map(([part, plural]) => [plural, filled(rows.map((row) => [row.name, row[part]]))]),
      ["required", Object.fromEntries(rows.filter((row) => row.required).map((row) => [row.name, row.required === "yes"]))],
      ["steps", numbers.length > 1 ? numbers.map((number) => rows.filter((row) => row.step === number).map((row) => row.name)) : []],
      ["progress", numbers.length > 1 && valueOf(prefix, "form_progress")],
      ...["button", "next", "back"].map((part) => [part, valueOf(prefix, `form_${part}`)]),
    ]);
  };
  const popup = (prefix) => filled(POPUP.map((part) => [part, valueOf(prefix, `popup_${part}`)]));
  const PAYLOADS = { cta, form, popup };

  const page = (kind, payload) => {
    const { script, style, client, ...words } = document.querySelector("[data-variant-sample]").dataset;
    const names = kind === "form" ? [...(payload.order ?? []), ...(payload.hide ?? []), ...(payload.steps ?? []).flat(), ...Object.values(LISTS).concat("required").flatMap((part) => Object.keys(payload[part] ?? {}))] : [];
    const given = JSON.stringify({ kind, payload, client, words, names: [...new Set(names)] }).replace(/</g, "\\u003c");
    return `<!doctype html><html lang="${document.documentElement.lang}"><meta charset="utf-8"><title>${words.title}</title><link rel="stylesheet" href="${style}">`
      + `<script type="application/json" id="given">${given}<\/script><body><script src="${script}"><\/script></body></html>`;
  };

  const boxOf = (fields) => {
    const there = fields.parentElement.querySelector(".ml-shown");
    if (there) return there;
    const words = document.querySelector("[data-variant-sample]").dataset;
    const box = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const frame = document.createElement("iframe");
    box.className = "ml-shown";
    caption.textContent = words.caption;
    // Scripts, but neither our origin nor our cookies.
    frame.setAttribute("sandbox", "allow-scripts");
    frame.title = words.title;
    box.append(caption, frame);
    fields.after(box);
    return box;
  };

  const draw = () => {
    const kind = document.querySelector("[name=kind]")?.value;
    for (const input of document.querySelectorAll('[name^="variants-"][name$="-name"]')) {
      const prefix = input.name.slice(0, -"-name".length);
      const fields = input.closest("fieldset");
      if (prefix.includes("__prefix__") || !fields) continue;
      const box = boxOf(fields);
      box.hidden = !SHOWN.includes(kind);
      fields.parentElement.classList.toggle("ml-with-preview", !box.hidden);
      if (box.hidden) continue;
      const made = page(kind, PAYLOADS[kind](prefix));
      const frame = box.querySelector("iframe");
      // Only what has changed is drawn anew.
      if (frame.made !== made) frame.srcdoc = frame.made = made;
    }
  };
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(draw, PAUSE);
  };
  document.addEventListener("DOMContentLoaded", () => {
    const whole = document.getElementById("experiment_form");
    if (!whole || !document.querySelector("[data-variant-sample]")) return;
    for (const type of ["input", "change"]) whole.addEventListener(type, soon);
    document.addEventListener("formset:added", soon);
    draw();
  });
})();
