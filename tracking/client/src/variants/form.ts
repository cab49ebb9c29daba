// A form, changed: its fields hidden, put in order, named, split into steps. Given back as it was.
import type { Core } from "../types";
import type { Given } from "../watching";
import { marks } from "./marks";

type Field = HTMLInputElement & { labels: NodeListOf<HTMLElement> | null };
type ByName<T> = Record<string, T | undefined>;

interface Payload {
  selector: string;
  hide?: string[];
  order?: string[];
  labels?: ByName<string>;
  required?: ByName<boolean>;
  placeholders?: ByName<string>;
  autocomplete?: ByName<string>;
  messages?: ByName<string>;
  progress?: boolean;
  steps?: string[][];
  button?: string;
  next?: string;
  back?: string;
}

// So often a page may draw over a form before we give in: two who insist would freeze it.
const MOST = 200;

const arrange = (core: Core, root: HTMLElement, payload: Payload): (() => void) => {
  const { hide = [], order = [], labels = {}, required = {}, placeholders = {}, autocomplete = {} } = payload;
  const { messages = {}, steps = [], button } = payload;
  const last = steps.length - 1;
  const origins = new Map<Element, Comment>();
  const ours: Element[] = [];
  let step = 0;
  let times = 0;
  const { put, style, write, undo } = marks();
  const all = (within: Element) => Array.from(within.querySelectorAll<Field>("input,select,textarea,button"));
  const turn = (name: string) => steps.findIndex((names) => names.includes(name));
  const set = (field: Element, name: string, value: string | null | undefined) =>
    put(
      field,
      name,
      value,
      () => field.getAttribute(name),
      (to) => (to == null ? field.removeAttribute(name) : field.setAttribute(name, to)),
    );
  const display = (box: HTMLElement, isOff: unknown) => style(box, "display", isOff ? "none" : undefined);
  /** What shows a field: all around it and its labels in which nothing else can be filled in or sent. */
  const boxes = (field: Field) =>
    [field as HTMLElement, ...Array.from(field.labels || [])].map((box) => {
      const isOther = ({ name, type }: Field) => name !== field.name && type !== "button";
      for (let up; (up = box.parentElement) && up !== root && !all(up).some(isOther); ) box = up;
      return box;
    });
  const add = <K extends keyof HTMLElementTagNameMap>(tag: K) => {
    const made = document.createElement(tag);
    ours.push(made);
    return made;
  };
  const label = (field: Field, text: string) => {
    // Of several with one name each has its own label, and all together have a legend.
    const group = /radio|checkbox/.test(field.type) && field.closest("fieldset");
    let words = group ? group.querySelector("legend") : field.labels![0];
    if (!words) {
      field.before((words = add("label")));
      (words as HTMLLabelElement).htmlFor = field.id = field.id || "microlift-" + field.name;
    }
    write(words, text);
  };

  // ---- steps ----
  const bar = payload.progress && add("progress");
  const go = (by: number) => {
    const now = all(root).filter(({ name }) => turn(name) === step);
    if (by > 0 && !now.every((field) => field.reportValidity())) return;
    step += by;
    // However often the page has drawn meanwhile.
    times = 0;
    apply();
    const first = all(root).find(({ name }) => turn(name) === step);
    if (first) first.focus();
  };
  const mover = (text: string, by: number) => {
    const made = add("button");
    made.type = "button";
    made.textContent = text;
    made.onclick = core.quietly(() => go(by));
    return made;
  };
  const back = mover(payload.back || "←", -1);
  const next = mover(payload.next || "→", 1);
  const send = (submit: Field) => {
    if (button) write(submit, button);
    if (last < 1) return;
    // Not by Enter either, before it is its turn.
    set(submit, "disabled", step < last ? "" : undefined);
    display(submit, step < last);
    back.className = next.className = submit.className;
    if (next.nextSibling !== submit) submit.before(back, next);
    display(back, !step);
    display(next, step === last);
  };

  // ---- order: where the first of them was ----
  const sort = (sorted: HTMLElement[]) => {
    if (sorted.every((box) => origins.has(box))) return;
    const before = sorted.map((box) => {
      const origin = origins.get(box) || new Comment();
      if (!origin.parentNode) box.before(origin);
      origins.set(box, origin);
      return origin;
    });
    const first = before.reduce((one, other) => (one.compareDocumentPosition(other) & 2 ? other : one));
    first.before(...sorted);
  };

  const apply = core.quietly(() => {
    if (times++ > MOST) return;
    const fields = all(root);
    fields.forEach((field) => {
      const { name, type } = field;
      if (type === "submit") return;
      const at = turn(name);
      const isHidden = hide.includes(name);
      // What nobody sees, nobody can fill in.
      const needed = isHidden ? false : required[name];
      set(field, "required", needed === undefined ? needed : needed ? "" : null);
      set(field, "disabled", at > step ? "" : undefined);
      set(field, "placeholder", placeholders[name]);
      set(field, "autocomplete", autocomplete[name]);
      if (labels[name]) label(field, labels[name]!);
      if (isHidden || at >= 0) boxes(field).forEach((box) => display(box, isHidden || at !== step));
    });
    const sorted = order.map((name) => fields.filter((field) => field.name === name));
    sort(([] as HTMLElement[]).concat(...sorted.map((some) => ([] as HTMLElement[]).concat(...some.map(boxes)))));
    fields.filter(({ type }) => type === "submit").slice(0, 1).forEach(send);
    if (!bar) return;
    bar.max = last + 1;
    bar.value = step + 1;
    bar.setAttribute("aria-label", `${bar.value} / ${bar.max}`);
    if (!bar.parentNode) root.prepend(bar);
  });

  // ---- what is heard ----
  // A message stands until anything is done, also to another button of the same group or by a script of the page: the
  // browser then judges anew.
  const flagged = new Set<Field>();
  const settle = () => {
    flagged.forEach((field) => field.setCustomValidity(""));
    flagged.clear();
  };
  const hear = core.quietly((event: Event) => {
    const field = event.target as Field;
    const message = messages[field.name];
    const { validity, type } = field;
    if (event.type === "keydown") {
      if ((event as KeyboardEvent).key !== "Enter" || step >= last || /button|submit|textarea/.test(type)) return;
      event.preventDefault();
      go(1);
    } else if (event.type !== "invalid") settle();
    else if (message && !validity.customError) {
      field.setCustomValidity(message);
      flagged.add(field);
    }
  });
  const events = ["invalid", "input", "change", "click", "keydown"];
  events.forEach((name) => root.addEventListener(name, hear, true));
  const growth = new MutationObserver(apply);
  apply();
  growth.observe(root, { childList: true, characterData: true, subtree: true });
  return () => {
    growth.disconnect();
    events.forEach((name) => root.removeEventListener(name, hear, true));
    settle();
    origins.forEach((origin, box) => {
      if (origin.isConnected) origin.before(box);
      origin.remove();
    });
    ours.forEach((one) => one.remove());
    undo();
  };
};

/** Every form that the selector finds, now or later. */
export const form = (core: Core, { payload, undos }: Given): void => {
  const change = payload as unknown as Payload;
  undos.push(core.each(change.selector, (element) => undos.push(arrange(core, element as HTMLElement, change))));
};
