// The form of an experiment shows only what its kind and roles need, and how the button will look.
(() => {
  "use strict";
  const CTA = ["cta_text", "cta_selector", "cta_background", "cta_color"];
  // What each kind asks for; of the first two the original needs nothing.
  const FIELDS = {
    cta: CTA,
    redirect: ["to_url"],
    boolean: ["flag_on"],
    string: ["flag_text"],
    number: ["flag_number"],
    json: ["payload_json"],
  };
  const form = () => document.getElementById("experiment_form");
  const named = (prefix, name) => document.querySelector(`[name="${prefix}-${name}"]`);

  const show = (input, visible) => {
    const row = input && input.closest("[data-field]");
    // What is complained about stays in sight.
    if (row) row.hidden = !visible && !row.matches(".errors") && !row.querySelector(".errorlist, .errors");
  };

  // The rows of a set, by a field that each row has; new rows have no id yet.
  const prefixes = (set, field) =>
    [...document.querySelectorAll(`[name^="${set}-"][name$="-${field}"]`)]
      .map((input) => input.name.slice(0, -field.length - 1))
      .filter((prefix) => !prefix.includes("__prefix__"));

  const kindOf = () => document.querySelector("[name=kind]")?.value ?? "cta";

  // Each field's box is marked once, so that it can be hidden as a whole.
  const mark = () => {
    for (const input of form().querySelectorAll(`[name^="variants-"], [name^="goal_roles-"]`)) {
      const name = input.name.split("-").pop();
      const box = input.closest(`.field-${name}`);
      if (box && !box.dataset.field) box.dataset.field = name;
    }
  };

  const variants = () => {
    for (const prefix of prefixes("variants", "name")) {
      const original = named(prefix, "is_control")?.checked;
      for (const [kind, names] of Object.entries(FIELDS)) {
        const spared = original && ["cta", "redirect"].includes(kind) && !names.some((name) => named(prefix, name)?.value);
        for (const name of names) show(named(prefix, name), kindOf() === kind && !spared);
      }
      preview(prefix);
    }
  };

  const preview = (prefix) => {
    const text = named(prefix, "cta_text");
    if (!text) return;
    let button = text.parentElement.querySelector(".ml-preview");
    if (!button) {
      button = document.createElement("span");
      button.className = "ml-preview";
      text.after(button);
    }
    const background = named(prefix, "cta_background").value;
    button.hidden = !(text.value || background);
    button.textContent = text.value || "…";
    button.style.backgroundColor = background || "";
    button.style.color = named(prefix, "cta_color").value || "";
  };

  const goals = () => {
    const project = document.querySelector("[name=project]")?.value;
    for (const prefix of prefixes("goal_roles", "goal")) {
      const margin = named(prefix, "margin");
      if (margin) margin.closest("td").classList.toggle("ml-quiet", named(prefix, "role").value !== "guardrail");
      const goal = named(prefix, "goal");
      for (const option of goal.options ?? []) {
        const foreign = project && option.dataset.project && option.dataset.project !== project;
        option.hidden = option.disabled = Boolean(foreign);
      }
      if (goal.selectedOptions?.[0]?.disabled) goal.value = "";
    }
  };

  const pickers = (event) => {
    const box = event.target.parentElement;
    const text = box?.querySelector("[data-colour]");
    const picker = box?.querySelector("[data-picker]");
    if (!text || !picker) return;
    if (event.target === picker) text.value = picker.value;
    else if (/^#[0-9a-f]{6}$/i.test(text.value)) picker.value = text.value;
  };

  // Exclusion groups of another project than the chosen one cannot be taken.
  const groups = () => {
    const project = document.querySelector("[name=project]")?.value;
    const select = document.querySelector("[name=namespace]");
    for (const option of select?.options ?? []) {
      option.hidden = option.disabled = Boolean(project && option.dataset.project && option.dataset.project !== project);
    }
    if (select?.selectedOptions?.[0]?.disabled) select.value = "";
    const share = document.querySelector("[name=namespace_share]")?.closest(".field-namespace_share");
    if (share) (share.dataset.field = "namespace_share"), (share.hidden = !select.value && !share.querySelector(".errorlist"));
  };

  const all = () => {
    mark();
    variants();
    goals();
    groups();
  };

  document.addEventListener("DOMContentLoaded", () => {
    if (!form()) return;
    form().addEventListener("input", (event) => (pickers(event), all()));
    form().addEventListener("change", all);
    document.addEventListener("formset:added", all);
    all();
  });
})();
