// Forms, also those in frames of the same origin. Which field it was is told, never what stands in it.
import type { Properties } from "../types";
import { type Install, core, ended, fire, hear, on, paged, up } from "./firing";

type Form = HTMLFormElement;

// Not by properties, in whose place a field of that name may stand.
const named = (element: Element, name: string) => element.getAttribute(name) || undefined;
const facts = (form: Form): Properties => ({
  form_id: named(form, "id"),
  form_name: named(form, "name"),
  form_position: Array.from(form.ownerDocument.forms).indexOf(form) + 1,
});

const inForm = (type: string, selector: string, work: (form: Form, target: Element, event: Event) => void) => {
  const enter = core.quietly((frame: any) => frame.contentDocument.addEventListener(type, hear, true));
  core.found("iframe").forEach(enter);
  // Does not come to the window.
  document.addEventListener("load", ({ target }) => enter(target), true);
  on(type, (target, event) => {
    const form = up(target, "form") || target.form;
    if (form && (!selector || up(form, selector))) work(form, target, event);
  });
};

interface Begun {
  since_: number;
  facts_: Properties;
  last_?: string;
  told_?: boolean;
}

export const FORMS: Record<string, Install> = {
  form_start(trigger, { selector }) {
    let begun = new Set<Form>();
    paged(() => {
      begun = new Set();
    });
    inForm("input", selector, (form) => {
      if (!begun.has(form)) fire(trigger, facts(form), form, form);
      begun.add(form);
    });
  },
  form_submit(trigger, { selector }) {
    const sent = new WeakMap<Form, number>();
    inForm("submit", selector, (form, _, { timeStamp }) => {
      // The second click of a double one sends it again.
      if (!(timeStamp - (sent.get(form) as number) < 500)) fire(trigger, facts(form), form);
      sent.set(form, timeStamp);
    });
  },
  form_abandon(trigger, { selector }) {
    const begun = new Map<Form, Begun>();
    inForm("input", selector, (form, target) => {
      const one = begun.get(form) || { since_: Date.now(), facts_: facts(form) };
      one.last_ = named(target, "name") || named(target, "id");
      begun.set(form, one);
    });
    inForm("submit", selector, (form) => begun.delete(form));
    ended(() =>
      begun.forEach((one, form) => {
        const seconds = Math.round((Date.now() - one.since_) / 1000);
        if (!one.told_) fire(trigger, { ...one.facts_, last_field: one.last_, seconds }, form, form);
        one.told_ = true;
      }),
    );
    paged(() => begun.clear());
  },
};
