// How forms are filled in: which field takes long, is corrected, fails or is the last. Never what is typed: a value is
// only asked whether it is empty.
import type { Core, Part, Properties } from "../types";
import { register } from "../registered";

type Field = HTMLInputElement;
type Form = HTMLFormElement;
type Facts = Record<"focused" | "seconds" | "corrections" | "errors" | "refilled", number>;

/** One form in one page view. Times are in milliseconds of the page. */
interface Filling {
  about_: Properties;
  round_: number;
  seen_: number;
  started_: number;
  acted_: number;
  last_?: Field;
  /** Since it was told. */
  news_?: boolean;
  facts_: Map<Field, Facts>;
  /** As it was when it was sent: pages empty their forms then. */
  sent_?: Properties | 0;
}

const MOST_FIELDS = 40;
// So long a page may take to refuse what is sent, or to draw what a new address shows.
const PATIENCE = 1000;

let core: Core;
const fillings = new Map<Form, Filling>();
const failed = new Set<Field>();
// The field that has the focus: since when, whether it was filled in before, whether a key deleted last.
let current: Field | undefined;
let since = 0;
let filled = false;
let deleting = false;
let away = false;

const now = () => performance.now();
const seconds = (milliseconds: number) => Math.round(milliseconds / 100) / 10;
const short = (text: string | null) => (text || "").slice(0, 60) || undefined;

/** What a field is of which no more than that is told. */
const secret = ({ type, name, id, autocomplete }: Field) => {
  const words = `${type} ${autocomplete} ${name} ${id}`;
  if (type === "hidden") return type;
  return /pass/i.test(words) ? "password" : / cc-|card.?n|cc.?(num|exp)|cv[vc]|csc|iban/i.test(words) && "card";
};
const fieldsOf = (form: Form) =>
  ([...form.elements] as Field[]).filter(
    ({ localName, type }) => /^(inp|sel|tex)/.test(localName) && !/submit|button|reset/.test(type),
  );
/** The radio buttons of one name are one field, their first. */
const lead = ({ type, name }: Field, fields: Field[], field?: Field) =>
  fields.find((one) => one === field || (type === "radio" && one.type === type && one.name === name));
const isBlank = (field: Field, fields: Field[]) =>
  !fields.some((one) => lead(one, fields, one) === field && (/radio|box/.test(one.type) ? one.checked : one.value));

const fillingOf = (form: Form): Filling => {
  let filling = fillings.get(form);
  if (!filling) {
    const about_ = {
      page_path: location.pathname,
      form_id: short(form.getAttribute("id")),
      form_name: short(form.getAttribute("name")),
      form_position: [...form.ownerDocument.forms].indexOf(form) + 1,
      // Who comes back to the page and goes on is told again: of one interaction the last round holds.
      interaction: Math.random().toString(36).slice(2),
    };
    fillings.set(form, (filling = { about_, round_: 1, seen_: now(), started_: 0, acted_: 0, facts_: new Map() }));
  }
  return filling;
};
const factsOf = ({ facts_ }: Filling, field: Field): Facts => {
  const facts = facts_.get(field) || { focused: 0, seconds: 0, corrections: 0, errors: 0, refilled: 0 };
  facts_.set(field, facts);
  return facts;
};

const described = (form: Form, filling: Filling, outcome: string): Properties => {
  const { about_, round_, started_, seen_, acted_, last_ } = filling;
  const others: Record<string, number> = {};
  const fields: Properties[] = [];
  let last_field;
  let position = 0;
  fieldsOf(form).forEach((field, _, all) => {
    if (lead(field, all, field) !== field) return;
    const { type } = field;
    const kind = secret(field);
    const name = short(field.name);
    if (type !== "hidden") position++;
    if (last_ === field) last_field = kind || name || `#${position}`;
    if (kind) others[kind] = (others[kind] || 0) + 1;
    else if (fields.length < MOST_FIELDS) {
      const facts = factsOf(filling, field);
      const spent = seconds(facts.seconds + (field === current ? now() - since : 0));
      fields.push({ name, position, type, blank: isBlank(field, all), ...facts, seconds: spent });
    }
  });
  return {
    ...about_,
    round: round_,
    outcome,
    seconds_to_start: started_ && seconds(started_ - seen_),
    seconds: seconds(acted_ - started_),
    last_field,
    fields,
    others,
  };
};
const tell = (filling: Filling, form: Form) => {
  const { sent_, started_, news_ } = filling;
  if (!news_) return;
  core.track("form_interaction", sent_ || described(form, filling, started_ ? "abandoned" : "seen"));
  filling.news_ = false;
  filling.round_++;
  if (sent_) fillings.delete(form);
};
const tellAll = () => fillings.forEach(core.quietly(tell));

const act = (target: Field, what: string, event?: Event) => {
  const form = what === "submit" ? (target as unknown as Form) : (target.form as Form);
  const fields = fieldsOf(form);
  const filling = fillingOf(form);
  if (/input|submit/.test(what)) {
    filling.acted_ = now();
    filling.started_ = filling.started_ || now();
    filling.news_ = true;
  }
  if (form === (target as unknown)) {
    filling.sent_ = described(form, filling, "submitted");
    setTimeout(() => filling.sent_ && tell(filling, form), PATIENCE);
  }
  const field = lead(target, fields, target);
  if (!field) return;
  const facts = factsOf(filling, field);
  filling.last_ = field;
  if (what === "focusin") {
    since = now();
    current = field;
    // A window that comes back gives the focus back, which nobody has moved.
    if (away) return;
    filled = facts.focused++ > 0 && !isBlank(field, fields);
    failed.delete(field);
  } else if (what === "focusout") {
    facts.seconds += now() - since;
    current = undefined;
    away = !document.hasFocus();
  } else if (what === "input") {
    const deletes = /^delete/.test((event as InputEvent).inputType);
    if (deletes && !deleting) facts.corrections++;
    if (filled) facts.refilled++;
    deleting = deletes;
    filled = false;
  } else {
    // Some pages ask at each key.
    if (!failed.has(field)) facts.errors++;
    failed.add(field);
    filling.sent_ = 0;
  }
};
const hear = (event: Event) => {
  const target = event.target as Field;
  if (target.form || event.type === "submit") act(target, event.type, event);
};
const flaws = new MutationObserver((changes) =>
  changes.forEach(({ target }) => {
    const field = target as Field;
    if (field.form && field.getAttribute("aria-invalid") === "true") act(field, "");
  }),
);
const eyes = new IntersectionObserver((entries) =>
  entries.forEach(({ isIntersecting, target }) => {
    const form = target as Form;
    if (!isIntersecting || !fieldsOf(form).some(({ type }) => type !== "hidden")) return;
    eyes.unobserve(form);
    fillingOf(form).news_ = true;
  }),
);
const listen = (inside: Document) => {
  flaws.observe(inside, { subtree: true, attributeFilter: ["aria-invalid"] });
  ["focusin", "focusout", "input", "invalid", "submit"].forEach((type) =>
    inside.addEventListener(type, core.quietly(hear), true),
  );
};

const watch: Part = (given) => {
  core = given;
  const see = (form: Element) => eyes.observe(form);
  let stop = core.each("form", see);
  listen(document);
  core.each("iframe", (frame) => {
    // None of another origin.
    const enter = core.quietly(() => {
      const inside = (frame as HTMLIFrameElement).contentDocument as Document;
      listen(inside);
      inside.querySelectorAll("form").forEach(see);
    });
    enter();
    frame.addEventListener("load", enter);
  });
  core.leaving(tellAll);
  // A page that keeps its fields in its address, or leads to an anchor, is still the same.
  const here = () => location.pathname + (/#[!/].*/.exec(location.hash) || "");
  let page = here();
  let timer = 0;
  core.navigated(() => {
    if (page === (page = here())) return;
    tellAll();
    fillings.clear();
    stop();
    clearTimeout(timer);
    timer = setTimeout(() => (stop = core.each("form", see)), PATIENCE);
  });
};
register("forms", watch);
