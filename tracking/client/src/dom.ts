// The page, looked at with care: whatever fails, the page stays as it was.

/** The same function, which answers `otherwise` instead of throwing. */
export const quietly =
  <A extends unknown[], R>(work: (...args: A) => R, otherwise?: R) =>
  (...args: A): R | undefined => {
    try {
      return work(...args);
    } catch (_) {
      return otherwise;
    }
  };

const select = quietly((selector?: string) => Array.from(document.querySelectorAll(selector || "")));
/** None for an illegal selector, and for none: "" is illegal. */
export const found = (selector?: string): Element[] => select(selector) || [];

const TYPED = "input,select,option,textarea,[contenteditable]";
export const isButton = (element: Element): element is HTMLInputElement =>
  element.matches("input[type=submit],input[type=button]");

/** What can be read of an element, cut by code points: half of an emoji would spoil an event. */
export const text = (element: Element): string => {
  const typed =
    element.matches(TYPED) || (element as HTMLElement).isContentEditable || element.querySelector(TYPED);
  const whole = isButton(element) ? element.value : typed ? "" : element.textContent || "";
  return Array.from(whole.replace(/\s+/g, " ").trim()).slice(0, 100).join("");
};

const isElement = ({ nodeType, nodeName }: Node) => nodeType < 2 && !/^(script|style|link|meta)$/i.test(nodeName);

type Watch = () => void;
const watches = new Set<Watch>();
let growth: MutationObserver | undefined;

/** Calls once for each element that is there, and for each that comes later, before it is painted; gives its end. */
export const each = (selector: string, seen: (element: Element) => void): (() => void) => {
  const known = new WeakSet<Element>();
  const look = () =>
    found(selector).forEach((element) => {
      if (known.has(element)) return;
      known.add(element);
      quietly(seen)(element);
    });
  look();
  watches.add(look);
  if (!growth) {
    // One for all: what is watched is asked of the browser once for each batch of changes in which an element came or
    // went. A clock that ticks, or a script that loads another, is none.
    growth = new MutationObserver((changes) => {
      const isChange = ({ addedNodes, removedNodes }: MutationRecord) =>
        [addedNodes, removedNodes].some((nodes) => Array.from(nodes).some(isElement));
      if (changes.some(isChange)) watches.forEach((watch) => watch());
    });
    growth.observe(document, { childList: true, subtree: true });
  }
  return () => {
    watches.delete(look);
  };
};

type Look = (entry: IntersectionObserverEntry) => void;
const looks = new WeakMap<Element, Look[]>();
let eyes: IntersectionObserver | undefined;
/** Tells how much of an element is in view, now and at each hundredth more or less; gives its end. */
export const watch = (element: Element, look: Look): (() => void) => {
  if (!eyes)
    eyes = new IntersectionObserver(
      (entries) => entries.forEach((entry) => looks.get(entry.target)!.forEach((one) => quietly(one)(entry))),
      { threshold: Array.from(Array(101), (_, step) => step / 100) },
    );
  const all = (changed: Look[]) => {
    looks.set(element, changed);
    eyes!.unobserve(element);
    // Anew, since it would not tell one who comes later.
    if (changed[0]) eyes!.observe(element);
  };
  all((looks.get(element) || []).concat(look));
  return () => all(looks.get(element)!.filter((one) => one !== look));
};

let last = location.href;
const heard: ((url: string) => void)[] = [];
const moved = () => {
  if (last === location.href) return;
  last = location.href;
  heard.forEach((hear) => quietly(hear)(last));
};
/** In an application of one page: whenever the address has really changed. */
export const navigated = (hear: (url: string) => void): void => {
  if (!heard.length) {
    (["pushState", "replaceState"] as const).forEach((name) => {
      const original = history[name];
      history[name] = function (this: History, ...args: Parameters<History["pushState"]>) {
        const done = original.apply(this, args);
        moved();
        return done;
      };
    });
    addEventListener("popstate", moved);
    addEventListener("hashchange", moved);
  }
  heard.push(hear);
};

const left: (() => void)[] = [];
const leave = () => left.forEach((hear) => quietly(hear)());
/** The page is hidden or left. The first to be told is the last to be called: what sends comes after what tells. */
export const leaving = (hear: () => void): void => {
  if (!left.length) {
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
  }
  left.unshift(hear);
};
