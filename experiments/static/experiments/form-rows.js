// What changes about the fields of a form, as rows. Their state is kept in one hidden input.
(() => {
  "use strict";
  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  const setUp = (root) => {
    if (root.ready || root.querySelector("[data-rows-value]").name.includes("__prefix__")) return;
    root.ready = true;
    const stored = root.querySelector("[data-rows-value]");
    const list = root.querySelector("[data-rows-list]");
    const add = root.querySelector("[data-rows-add]");
    const words = root.querySelector("[data-rows-words]").dataset;
    const offered = JSON.parse(root.querySelector("script").textContent);
    const keys = Object.fromEntries(Object.entries(words).map(([key, text]) => [key.replace(/^rows/, ""), text]));
    let rows = JSON.parse(stored.value || "[]");

    const save = () => {
      const text = JSON.stringify(rows);
      if (text === stored.value) return;
      stored.value = text;
      stored.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const labelled = (label, control, className = "") => element("label", { className }, element("span", { textContent: label }), control);

    const input = (row, part, label, properties = {}) => {
      const made = element("input", { type: "text", className: offered.classes.input, value: row[part] ?? "", maxLength: 300, ...properties });
      made.addEventListener("input", () => ((row[part] = made.value), save()));
      // Enter would send the whole form.
      made.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
      return labelled(label, made);
    };
    const select = (row, part, label, options) => {
      const made = element("select", { className: offered.classes.select });
      for (const [value, text] of options) made.append(element("option", { value, textContent: text, selected: value === String(row[part] || "") }));
      made.addEventListener("change", () => ((row[part] = part === "step" ? Number(made.value) : made.value), save()));
      return labelled(label, element("div", { className: "ml-pick" }, made));
    };
    const hide = (row) => {
      const made = element("input", { type: "checkbox", checked: Boolean(row.hide) });
      const box = element("label", { className: "ml-row-hide" }, made, element("span", { textContent: keys.hide }));
      made.addEventListener("change", () => ((row.hide = made.checked), save(), (box.closest("li").dataset.hidden = made.checked)));
      return box;
    };
    const act = (label, sign, work, isOff) => {
      const made = element("button", { type: "button", className: "ml-remove", textContent: sign, title: label, disabled: Boolean(isOff) });
      made.setAttribute("aria-label", label);
      made.addEventListener("click", work);
      return made;
    };
    const move = (at, to) => {
      rows.splice(to, 0, ...rows.splice(at, 1));
      draw();
      save();
      list.children[to].querySelector("input").focus();
    };

    const drawn = (row, at) => {
      const made = element(
        "li",
        {},
        element(
          "div",
          { className: "ml-row-head" },
          input(row, "name", keys.name, { placeholder: keys.nameHelp, maxLength: offered.longest, spellcheck: false }),
          act(keys.up, "↑", () => move(at, at - 1), at === 0),
          act(keys.down, "↓", () => move(at, at + 1), at === rows.length - 1),
          act(keys.remove, "×", () => (rows.splice(at, 1), draw(), save(), add.focus())),
        ),
        hide(row),
        element(
          "div",
          { className: "ml-row-body" },
          input(row, "label", keys.label),
          input(row, "placeholder", keys.placeholder),
          select(row, "required", keys.required, [["", keys.stays], ["yes", keys.yes], ["no", keys.no]]),
          select(row, "step", keys.step, [["", keys.every], ...offered.steps]),
          select(row, "autocomplete", keys.autocomplete, [["", keys.stays], ...offered.tokens]),
          input(row, "message", keys.message),
        ),
      );
      made.dataset.hidden = Boolean(row.hide);
      return made;
    };
    const draw = () => {
      list.replaceChildren(...rows.map(drawn));
      add.hidden = rows.length >= offered.most;
    };
    add.addEventListener("click", () => {
      rows.push({ name: "" });
      draw();
      list.lastElementChild.querySelector("input").focus();
    });
    draw();
  };

  const all = () => document.querySelectorAll("[data-rows]").forEach(setUp);
  document.addEventListener("DOMContentLoaded", all);
  document.addEventListener("formset:added", all);
})();
