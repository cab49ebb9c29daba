// The form of a trigger: rows to add and remove, and words that follow what has been chosen.
(() => {
  "use strict";

  // ---- rows ----

  const numbered = (row, number) => {
    for (const element of [row, ...row.querySelectorAll("*")]) {
      for (const name of ["name", "id", "for", "data-target"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replace("__n__", number));
      }
    }
    return row;
  };

  // The page warns before it is left with changes, and learns of them by this.
  const changed = (box) => box.dispatchEvent(new Event("input", { bubbles: true }));

  const setUpRows = (box) => {
    const list = box.querySelector("[data-list]");
    const none = box.querySelector("[data-none]");
    const blank = box.querySelector("[data-blank]");
    const add = box.querySelector("[data-add]");
    let next = Number(box.dataset.next);
    const show = () => {
      none.hidden = list.children.length > 0;
    };
    add.addEventListener("click", () => {
      const row = numbered(blank.content.firstElementChild.cloneNode(true), next);
      next += 1;
      list.append(row);
      show();
      follow();
      row.querySelector("select, input").focus();
      changed(box);
    });
    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-remove]");
      if (!button) return;
      const row = button.closest("[data-row]");
      const beside = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      show();
      (beside?.querySelector("[data-remove]") || add).focus();
      changed(box);
    });
  };

  // ---- what follows a choice ----

  const told = (id) => JSON.parse(document.getElementById(id)?.textContent || "{}");
  const cell = (row, name) => row.querySelector(`[data-cell="${name}"]`);

  const followKind = (known) => {
    const kind = known[document.querySelector("[name=kind]")?.value];
    const help = document.querySelector("[data-kind-help]");
    if (help) help.textContent = kind?.help ?? "";
    const event = document.querySelector("input[name=event]");
    if (event) event.placeholder = kind?.event ?? "";
    for (const select of document.querySelectorAll("[data-cell=subject] select")) {
      for (const option of select.options) {
        // What is chosen already stays, so that it can be seen and changed.
        option.hidden = Boolean(option.value && kind && !kind.subjects.includes(option.value) && !option.selected);
      }
    }
  };

  const followRow = (row) => {
    const source = cell(row, "source")?.querySelector("select");
    if (!source) return;
    const about = told("trigger-sources")[source.value] ?? {};
    const from = cell(row, "from");
    from.hidden = !about.from;
    from.querySelector("label").textContent = about.label ?? "";
    from.querySelector("input").placeholder = about.from ?? "";
    cell(row, "selector").hidden = !about.element;
  };

  function follow() {
    followKind(told("trigger-kinds"));
    document.querySelectorAll("[data-row]").forEach(followRow);
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-rows]").forEach(setUpRows);
    document.addEventListener("change", follow);
    follow();
  });
})();
