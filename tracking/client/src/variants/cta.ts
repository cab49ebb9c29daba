// A call to action, changed: its words, look and place.
import { isButton } from "../dom";
import type { Core } from "../types";
import type { Given } from "../watching";
import { marks } from "./marks";

type Field = "selector" | "text" | "background" | "color" | "size" | "position" | "sticky" | "microcopy" | "icon";
export type Payload = Partial<Record<Field, string>>;
type Names = Record<string, string>;

const SIZES: Names = { small: "85%", large: "125%" };
// Distances from the window's edges, clockwise from above.
const STICKY: Names = { top: "12px 0 auto", bottom: "auto 0 12px", floating: "auto 16px 16px auto" };
const ICONS: Names = { arrow: "→", cart: "🛒", phone: "☎", mail: "✉", lock: "🔒", star: "★", check: "✓", gift: "🎁" };
const PLACES = { first: "prepend", last: "append" } as unknown as Record<string, "before">;
// So often a page may draw on an element before we give in: two who insist would freeze it.
const MOST = 200;

const OURS = "microlift-added";

const made = (tag: string, text: string) => {
  const element = document.createElement(tag);
  element.className = OURS;
  element.textContent = text;
  return element;
};

/** Changes one element, and again when the page draws over it. */
const change = (core: Core, payload: Payload, [where, selector]: string[], element: HTMLElement) => {
  const { text, size, sticky, microcopy } = payload;
  const icon = ICONS[payload.icon!];
  const isAfter = icon === "→";
  const isInput = isButton(element);
  // An <input> has room for text only.
  const words = icon && isInput ? `${icon} ${text || element.value}` : text;
  const drawing = made("span", isAfter ? `\u00a0${icon}` : `${icon}\u00a0`);
  const below = made("small", microcopy!);
  const look: Partial<Names> = {
    background: payload.background,
    color: payload.color,
    zoom: SIZES[size!] || size,
    position: sticky && "fixed",
    inset: STICKY[sticky!],
    margin: sticky && "0 auto",
    width: sticky && "fit-content",
    "z-index": sticky && "9999",
  };
  let origin: Comment | undefined;
  let times = 0;
  const { put, style, write, undo } = marks();
  // Some pages are put back from a copy of themselves, with what we had added.
  [element.nextElementSibling, ...Array.from(element.children)].forEach((one) => one && one.className === OURS && one.remove());
  drawing.setAttribute("aria-hidden", "true");
  below.style.display = "block";

  const place = () => {
    const target = selector ? core.found(selector)[0] : element.parentElement;
    if (!target || element.contains(target)) return;
    const last = target.lastElementChild;
    // What comes first stays first, but what should be last is passed by what is read after it.
    if (origin && (where !== "last" || last === element || last === below)) return;
    if (!origin) element.before((origin = new Comment()));
    target[PLACES[where] || (where as "before")](element);
  };
  const apply = core.quietly(() => {
    // The page has drawn anew where it came from.
    if (origin && !origin.isConnected) element.remove();
    if (!element.isConnected) return below.remove();
    if (times++ > MOST) return;
    if (words) write(element, words);
    if (text && element.ariaLabel) put(element, "aria", text, () => element.ariaLabel, (to) => (element.ariaLabel = to!));
    Object.keys(look).forEach((name) => style(element, name, look[name]));
    if (where) place();
    if (icon && !isInput && drawing.parentNode !== element) element[isAfter ? "append" : "prepend"](drawing);
    if (microcopy && below.previousSibling !== element) element.after(below);
  });
  const growth = new MutationObserver(apply);
  apply();
  growth.observe(element.parentNode!, { childList: true });
  growth.observe(element, { childList: true, characterData: true, subtree: true, attributeFilter: ["style"] });
  return {
    apply_: apply,
    undo_() {
      growth.disconnect();
      undo();
      drawing.remove();
      below.remove();
      if (!origin) return;
      // Never put back what the page has thrown away.
      if (element.isConnected) origin.before(element);
      origin.remove();
    },
  };
};

/** Every element that the selector finds, now or later. */
export const cta = (core: Core, { payload: given, undos }: Given): void => {
  const payload: Payload = given;
  const place = (payload.position || "").split(/:(.*)/);
  const applies: (() => void)[] = [];
  if (!payload.selector) return;
  const stop = core.each(payload.selector, (element) => {
    const { apply_, undo_ } = change(core, payload, place, element as HTMLElement);
    applies.push(apply_);
    undos.push(undo_);
  });
  undos.push(stop);
  // What it should stand beside may come after it.
  if (place[1]) undos.push(core.each(place[1], () => applies.forEach((apply) => apply())));
};
