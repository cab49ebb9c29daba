// Picks an element of the page: the page itself hears neither the pointer nor the click.
import type { Core } from "../types";
import { type Chosen, choices } from "./choosing";
import type { Corner } from "./corner";
import { described } from "./described";
import { frames } from "./frames";
import { fill, make } from "./make";

/** Takes what was picked; answers what to say, where it did not leave by that. */
export type Take = (selector: string, text: string) => Promise<string>;
export interface Picker {
  start: () => void;
}
interface Pointing {
  /** The element that may be picked; undefined for none. */
  over: (element: Element | undefined) => void;
  picked: (element: Element) => void;
  stop: () => void;
  isChosen: () => boolean;
}

const HINT = "Click the element that you mean. By keyboard: Tab to it, then Enter. Esc ends picking.";

/** The pointer on the cover that lies over the page. */
const pointer = (corner: Corner, cover: HTMLElement, { over, picked, stop }: Pointing): void => {
  const under = ({ clientX, clientY }: MouseEvent): Element | undefined => {
    cover.style.pointerEvents = "none";
    const found = document.elementFromPoint(clientX, clientY);
    cover.style.pointerEvents = "";
    return found && found !== corner.host ? found : undefined;
  };
  corner.heard.push((event, target) => {
    if (!cover.isConnected) return;
    if (event.type === "keydown" && (event as KeyboardEvent).key === "Escape") stop();
    if (target !== cover) return;
    // The field that has the page's attention keeps it.
    if (event.type === "mousedown") event.preventDefault();
    if (event.type === "pointermove") over(under(event as MouseEvent));
    const element = event.type === "click" && under(event as MouseEvent);
    if (element) picked(element);
  });
};

/** The keyboard stays with the page, so that Tab walks through it; what would act there is kept from it. */
const keyboard = (corner: Corner, { over, picked, stop, isChosen }: Pointing): ((on: boolean) => void) => {
  const focused = (): Element | undefined => {
    const at = document.activeElement;
    return !at || isChosen() || at === document.body || at === corner.host ? undefined : at;
  };
  const keys = (event: KeyboardEvent) => {
    const element = focused();
    if (event.key === "Escape") stop();
    else if (element && (event.key === "Enter" || event.key === " ")) picked(element);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const moved = () => {
    const element = focused();
    if (element) over(element);
  };
  return (on) => {
    const change = on ? addEventListener : removeEventListener;
    change("keydown", keys as EventListener, true);
    change("focusin", moved, true);
  };
};

export const openPicker = (core: Core, corner: Corner, take: Take, closed: () => void): Picker => {
  const cover = make("div", { class: "cover" });
  const bar = make("section", { class: "bar", "aria-label": "Pick an element" });
  const drawn = frames(corner.root);
  let chosen: Chosen | undefined;

  const ask = () => {
    chosen = undefined;
    cover.hidden = false;
    drawn.around([]);
    const leave = make("div", { class: "several" }, corner.button("Use the page first", "plain", stop));
    fill(bar, [make("b", {}, "Pick an element on the page"), make("div", { class: "soft" }, HINT), leave]);
  };
  const offer = (now: Chosen) => {
    chosen = now;
    cover.hidden = true;
    drawn.around([now.element, ...now.all.filter((one) => one !== now.element)]);
    fill(bar, described(core, corner, now, { offer, again: ask, take: hand }));
  };
  const hand = async ({ element, selector }: Chosen) => {
    const said = await take(selector, core.text(element));
    bar.querySelectorAll("[role=status]").forEach((status) => fill(status, [said]));
  };
  const stop = () => {
    listen(false);
    drawn.around([]);
    cover.remove();
    bar.remove();
    closed();
  };
  const pointing: Pointing = {
    over: (element) => drawn.around([element]),
    picked: (element) => offer(choices(element)),
    stop,
    isChosen: () => !!chosen,
  };
  pointer(corner, cover, pointing);
  const listen = keyboard(corner, pointing);
  const start = () => {
    corner.root.append(cover, bar);
    listen(true);
    ask();
  };
  return { start };
};
