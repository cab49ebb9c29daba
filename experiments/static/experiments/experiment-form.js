// The form of an experiment shows only what its kind and roles need.
(() => {
  "use strict";
  const parts = (kind, names) => names.split(" ").map((name) => `${kind}_${name}`);
  // What each kind asks for; of these the original needs nothing.
  const FOR_OTHERS = ["cta", "form", "popup", "redirect"];
  const FIELDS = {
    cta: parts("cta", "text selector microcopy icon background color size sticky place beside"),
    form: parts("form", "selector button rows in_order progress next back"),
    popup: parts("popup", "title text button url place after seconds once_days close"),
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

  const isFilled = (input) =>
    Boolean(input) && (input.type === "checkbox" ? input.checked : !["", "[]"].includes(input.value));
  // What only makes sense beside another field.
  const NEEDS = {
    cta_beside: (prefix) => ["before", "after"].includes(named(prefix, "cta_place")?.value),
    ...Object.fromEntries(["form_progress", "form_next", "form_back"].map((name) => [name, (prefix) => hasSteps(prefix)])),
    form_in_order: (prefix) => isFilled(named(prefix, "form_rows")),
    popup_url: (prefix) => isFilled(named(prefix, "popup_button")),
  };
  const hasSteps = (prefix) => /"step":[1-9]/.test(named(prefix, "form_rows")?.value);

  const variants = () => {
    for (const prefix of prefixes("variants", "name")) {
      const original = named(prefix, "is_control")?.checked;
      for (const [kind, names] of Object.entries(FIELDS)) {
        const spared = original && FOR_OTHERS.includes(kind) && !names.some((name) => isFilled(named(prefix, name)));
        for (const name of names) {
          const fits = !NEEDS[name] || isFilled(named(prefix, name)) || NEEDS[name](prefix);
          show(named(prefix, name), kindOf() === kind && !spared && fits);
        }
      }
    }
    // Of a variant that was added the buttons still name the field that it was copied from.
    for (const button of document.querySelectorAll(".microlift-pick")) {
      button.dataset.target = button.parentElement.querySelector("input")?.id ?? button.dataset.target;
    }
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
