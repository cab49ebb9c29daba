// What a trigger tells beside its own facts: attributes, texts, parts of the address, values of the dataLayer.
import type { Captured, Properties } from "../types";
import { core } from "./firing";
import { address } from "./links";

/** "1 299,00 zł" is 1299, and so is "1.299"; "12,5" is 12.5. */
export const number = (text: string): number | undefined => {
  const [found] = /(^\s*-)?\d+(['’\s]\d{3}(?!\d)|[.,]\d+)*/.exec(text) || [];
  if (!found) return;
  const digits = found.replace(/['’\s]/g, "");
  // One sign before each group of three only groups; else the last sign is the decimal one.
  const groups = /^-?[1-9]\d?\d?([.,])\d{3}(\1\d{3})*$/.test(digits) ? /[.,]/g : /[.,](?=.*[.,])/g;
  return +digits.replace(groups, "").replace(",", ".");
};

/** The dataLayer is the core's. */
export const layer: { value: (path: string) => unknown } = { value: () => undefined };

const nearest = (element?: Element | null, selector?: string): Element | null | undefined => {
  if (!selector) return element;
  if (!element) return document.querySelector(selector);
  if (element.matches(selector)) return element;
  const above = element.parentElement || (element.getRootNode() as ShadowRoot).host;
  return element.querySelector(selector) || (above && nearest(above, selector));
};

export const SOURCES: Record<string, (from: string, element: any) => unknown> = {
  constant: (from) => from,
  data_layer: (from) => layer.value(from),
  text: (_, element) => core.text(element),
  // The value of a field may be what was typed, and the rest of an address may say who it is.
  attribute: (from, element) =>
    from === "href"
      ? address(element)
      : from.toLowerCase() === "value" && element.matches("input,select,textarea,option")
        ? ""
        : element.getAttribute(from),
  url(from) {
    const [part, name] = from.split(":");
    if (part === "query") return new URLSearchParams(location.search).get(name);
    if (part === "host") return location.host;
    return name ? location.pathname.split("/")[+name] : location.pathname;
  },
};

export const captured = (wanted: Captured[], element?: Element): Properties => {
  const told: Properties = {};
  wanted.forEach(
    core.quietly(({ name, source, from, selector, as }: Captured) => {
      const found = SOURCES[source](from, nearest(element, selector));
      if (found == null || found === "" || /\S@\S/.test(found as string)) return;
      told[name] = as === "number" && typeof found === "string" ? number(found) : found;
    }),
  );
  return told;
};
