// The rules of an audience as rows: attribute, comparison, value. Their state is kept in one hidden field.
(() => {
  "use strict";
  const PAUSE = 500;
  const OTHER = "__other__";

  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const labelled = (control, label) => (control.setAttribute("aria-label", label), control);

  const setUp = (root) => {
    const stored = root.querySelector("[data-rules]");
    const box = root.querySelector("[data-groups]");
    const more = root.querySelector("[data-more]");
    const told = root.querySelector("[data-count]");
    const words = root.querySelector("[data-words]").dataset;
    const offered = JSON.parse(document.getElementById("audience-offered").textContent);
    const known = new Map(offered.attributes.map((one) => [one.name, one]));
    const keeps = () => stored.value === "keep";
    let groups = keeps() ? [] : read(stored.value);

    function read(text) {
      try {
        return JSON.parse(text || "[]").map((group) =>
          group.map((rule) => ({ ...rule, other: Boolean(rule.attribute) && !known.has(rule.attribute) })),
        );
      } catch {
        return [];
      }
    }

    const project = () => offered.project ?? (Number(document.querySelector("[name=project]")?.value) || null);
    const operatorsOf = (rule) => (rule.other ? offered.any : (known.get(rule.attribute)?.operators ?? []));
    const takes = (rule) => offered.operators[rule.operator]?.takes ?? "nothing";
    const choicesOf = (rule) => (rule.other ? [] : (known.get(rule.attribute)?.choices ?? []));
    const blank = () => ({ attribute: "", operator: "", value: "", other: false });

    const save = () => {
      const kept = groups.map((group) => group.map(({ attribute, operator, value }) => ({ attribute, operator, value })));
      const text = JSON.stringify(kept);
      if (text === stored.value) return;
      stored.value = text;
      stored.dispatchEvent(new Event("input", { bubbles: true }));
      countSoon();
    };

    // ---- controls ----

    const select = (label, options, value, change) => {
      const made = labelled(element("select", { className: offered.classes.select }), label);
      for (const [name, text] of options) made.append(element("option", { value: name, textContent: text, selected: name === value }));
      made.addEventListener("change", () => change(made.value));
      return element("div", { className: "ml-pick" }, made);
    };

    const input = (label, value, change, properties = {}) => {
      const made = labelled(element("input", { type: "text", className: offered.classes.input, value, maxLength: 300, ...properties }), label);
      made.addEventListener("input", () => change(made.value));
      // Enter would send the whole form.
      made.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
      return made;
    };

    // ``redraw``: what depends on the choice. The list itself stays, or choosing by typing would be cut short.
    const whichAttribute = (rule, redraw) => {
      const options = [["", words.choose], ...offered.attributes.map((one) => [one.name, one.label]), [OTHER, words.other]];
      return select(words.what, options, rule.other ? OTHER : rule.attribute, (chosen) => {
        rule.other = chosen === OTHER;
        rule.attribute = rule.other ? "" : chosen;
        const fitting = operatorsOf(rule);
        if (!fitting.includes(rule.operator)) rule.operator = fitting[0] ?? "";
        rule.value = emptyOf(rule);
        redraw();
      });
    };

    const emptyOf = (rule) => (takes(rule) === "texts" ? [] : "");

    const whichOperator = (rule, redraw) => {
      const options = operatorsOf(rule).map((name) => [name, offered.operators[name].label]);
      return select(words.how, options, rule.operator, (chosen) => {
        const before = takes(rule);
        rule.operator = chosen;
        rule.value = carried(rule, before);
        redraw();
      });
    };

    // From "is" to "is one of" and back, what was entered stays.
    const carried = (rule, before) => {
      const now = takes(rule);
      if (now === before) return rule.value;
      if (before === "text" && now === "texts") return rule.value ? [rule.value] : [];
      if (before === "texts" && now === "text") return rule.value[0] ?? "";
      return emptyOf(rule);
    };

    const value = (rule, redraw) => {
      const kind = takes(rule);
      const choices = choicesOf(rule);
      const put = (entered) => ((rule.value = entered), save());
      if (kind === "nothing") return [];
      if (kind === "list") return [whichList(rule, put)];
      if (kind === "texts") return [several(rule, choices, redraw)];
      if (kind === "number") return [input(words.with, rule.value, put, { inputMode: "decimal", maxLength: 20 })];
      if (choices.length) return [select(words.with, [["", words.choose], ...extended(choices, rule.value)], rule.value, put)];
      return [input(words.with, rule.value, put)];
    };

    // A value that came over the API need not be among the choices.
    const extended = (choices, entered) =>
      !entered || choices.some(([name]) => name === entered) ? choices : [...choices, [entered, entered]];

    const whichList = (rule, put) => {
      const here = offered.lists.filter((one) => project() === null || one.project === project());
      if (!here.length) return element("a", { href: root.dataset.listsUrl, textContent: words.noList, className: "ml-link" });
      const options = here.map((one) => [one.key, one.name]);
      return select(words.with, [["", words.choose], ...extended(options, rule.value)], rule.value, put);
    };

    const several = (rule, choices, redraw) => {
      const names = new Map(choices);
      const add = (entered) => {
        const texts = entered.map((text) => text.trim()).filter((text) => text && !rule.value.includes(text));
        if (!texts.length) return;
        rule.value = [...rule.value, ...texts];
        redraw();
      };
      const chips = rule.value.map((entered) => {
        const text = names.get(entered) ?? entered;
        const chip = labelled(element("button", { type: "button", className: "ml-pill" }, text, element("span", { textContent: "×", ariaHidden: "true" })), `${words.remove}: ${text}`);
        chip.addEventListener("click", () => {
          rule.value = rule.value.filter((one) => one !== entered);
          redraw();
        });
        return chip;
      });
      const next = choices.length ? nextChoice(rule, choices, add) : nextText(add);
      return element("div", { className: "ml-several" }, ...(chips.length ? [element("div", { className: "ml-pills" }, ...chips)] : []), next);
    };

    const nextChoice = (rule, choices, add) => {
      const left = choices.filter(([name]) => !rule.value.includes(name));
      return select(words.with, [["", words.add], ...left], "", (chosen) => add([chosen]));
    };

    const nextText = (add) => {
      const made = labelled(element("input", { type: "text", className: offered.classes.input, maxLength: 300, placeholder: words.enter }), words.with);
      made.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        add([made.value]);
      });
      // What was typed and not confirmed counts too.
      made.addEventListener("change", () => add([made.value]));
      made.addEventListener("paste", (event) => {
        const lines = event.clipboardData.getData("text").split(/[\n\t;]/);
        if (lines.length < 2) return;
        event.preventDefault();
        add(lines);
      });
      return made;
    };

    // ---- rows ----

    const row = (group, rule) => {
      const [what, name, how, amount] = ["ml-what", "", "", "ml-value"].map((className) => element("div", { className }));
      const fillAmount = () => {
        amount.replaceChildren(...value(rule, () => (fillAmount(), lastOf(amount)?.focus())));
        save();
      };
      const fillRest = () => {
        const named = { placeholder: words.name, maxLength: 100 };
        name.replaceChildren(...(rule.other ? [input(words.name, rule.attribute, (text) => ((rule.attribute = text.trim()), save()), named)] : []));
        how.replaceChildren(...(operatorsOf(rule).length ? [whichOperator(rule, fillAmount)] : []));
        fillAmount();
      };
      const remove = labelled(element("button", { type: "button", className: "ml-remove", textContent: "×", title: words.removeRule }), words.removeRule);
      remove.addEventListener("click", () => {
        group.splice(group.indexOf(rule), 1);
        groups = groups.filter((one) => one.length);
        draw();
        (box.querySelector("select") ?? more.querySelector("button"))?.focus();
      });
      what.append(whichAttribute(rule, fillRest), name);
      fillRest();
      const made = element("div", { className: "ml-rule" }, what, how, amount, remove);
      made.rule = rule;
      return made;
    };

    const lastOf = (part) => [...part.querySelectorAll("input, select")].pop();

    const joint = (text) => element("div", { className: "ml-joint", textContent: text });

    const whole = (group) => {
      const rows = group.flatMap((rule, place) => (place ? [joint(words.and), row(group, rule)] : [row(group, rule)]));
      const also = element("button", { type: "button", className: "ml-link", textContent: words.addAnd });
      also.addEventListener("click", () => begin(group));
      return labelled(element("fieldset", { className: "ml-group" }, ...rows, also), words.group);
    };

    const begin = (group) => {
      const rule = blank();
      if (group) group.push(rule);
      else groups.push([rule]);
      draw();
      [...box.querySelectorAll(".ml-rule")].find((one) => one.rule === rule).querySelector("select").focus();
    };

    const draw = () => {
      const parts = groups.flatMap((group, place) => (place ? [joint(words.or), whole(group)] : [whole(group)]));
      const nobody = element("p", { className: "ml-soft" }, element("b", { textContent: words.everybody }), ` · ${words.everybodyHelp}`);
      box.replaceChildren(...(parts.length ? parts : keeps() ? [] : [nobody]));
      const other = element("button", { type: "button", className: "ml-link", textContent: groups.length ? words.addOr : words.first });
      other.addEventListener("click", () => begin());
      more.replaceChildren(...(keeps() ? [] : [other]));
      if (!keeps()) save();
    };

    // ---- how many would take part ----

    let timer, asked = 0;
    const countSoon = () => {
      clearTimeout(timer);
      told.classList.add("ml-quiet");
      timer = setTimeout(count, PAUSE);
    };

    const count = async () => {
      if (project() === null) return void (told.textContent = "");
      const number = ++asked;
      told.textContent ||= words.counting;
      const body = new URLSearchParams({ project: project(), rules: stored.value, experiment: offered.experiment ?? "" });
      const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
      let lines = [words.lost];
      try {
        const answer = await fetch(root.dataset.countUrl, { method: "POST", body, credentials: "same-origin", headers: { "X-CSRFToken": token } });
        if (answer.ok && !answer.redirected) lines = (await answer.json()).lines;
      } catch {
        // The server does not answer just now; the next change asks again.
      }
      // An answer to an older question comes too late.
      if (number !== asked) return;
      told.replaceChildren(...lines.map((line) => element("span", { textContent: line })));
      told.classList.remove("ml-quiet");
    };

    root.querySelector("[data-replace]")?.addEventListener("click", () => {
      root.querySelector("[data-kept]").remove();
      stored.value = "[]";
      begin();
      countSoon();
    });
    document.querySelector("[name=project]")?.addEventListener("change", () => (draw(), countSoon()));
    draw();
    count();
  };

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-audience]").forEach(setUp));
})();
