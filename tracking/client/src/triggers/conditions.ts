// Whether a trigger's conditions hold. The names are the server's: tracking/trigger_kinds.py.
import type { Condition } from "../types";
import { core, up } from "./firing";
import { linkOf } from "./links";

export const OPERATORS: Record<string, (read: string, value: string) => boolean> = {
  equals: (read, value) => read === value,
  contains: (read, value) => read.includes(value),
  starts_with: (read, value) => read.startsWith(value),
  ends_with: (read, value) => read.endsWith(value),
};

// Of no element nothing can be read: that is empty.
export const SUBJECTS: Record<string, (element: any) => string> = {
  text: (element) => core.text(element),
  // Not the property: of a form, a field of this name would stand there.
  id: (element) => element.getAttribute("id"),
  class: (element) => element.getAttribute("class"),
  link_url: (element) => linkOf(element).href,
  page_url: () => location.href,
  page_path: () => location.pathname,
  referrer: () => document.referrer,
  device: () => (/Mobi/.test(navigator.userAgent) ? "mobile" : "desktop"),
};

export const holds = ({ subject, operator, value }: Condition, element?: Element): boolean => {
  if (subject === "selector") return !!element && !!up(element, value);
  // Cut, since the time of a pattern grows with the text.
  const read = (core.quietly(SUBJECTS[subject])(element) || "").slice(0, 500);
  if (operator === "matches") return new RegExp(value).test(read);
  return OPERATORS[operator](read.toLowerCase(), value.toLowerCase());
};
