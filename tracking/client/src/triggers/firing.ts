// From what happens in the page to an event: heard before the page hears it, told once, and only where conditions hold.
import type { Core, Properties, Trigger } from "../types";
import { captured } from "./capture";
import { holds } from "./conditions";

export let core: Core;
export const meet = (given: Core): void => {
  core = given;
  after = new MessageChannel();
  after.port1.onmessage = () => {
    told = [];
  };
  // A page that is busy may hear of the next key before its timers: that is another interaction all the same.
  ["pointerdown", "keydown"].forEach((type) =>
    addEventListener(
      type,
      () => {
        told = [];
      },
      true,
    ),
  );
};
/** Of the page and not of an element: that which is left, while it is left. */
export let path = location.pathname;
export type Install = (trigger: Trigger, params: any) => void;

let told: [name: string, apart: unknown][] = [];
// A message comes as soon as this is over; a timer would wait, and what happens meanwhile is something else.
let after: MessageChannel;
/** What happens at one time is told once under each name, unless it is of different things: `apart`. */
export const fire = (
  trigger: Trigger,
  properties: Properties,
  element?: Element,
  apart?: unknown,
  name = trigger.event,
): void => {
  const failed = trigger.conditions.findIndex((condition) => holds(condition, element) === !!condition.not);
  const isTold = told.some((one) => one[0] === name && one[1] === apart);
  if (isTold || failed >= 0) {
    core.listeners.ignored.forEach((hear) => hear(trigger, isTold ? "told" : `condition ${failed}`));
    return;
  }
  told.push([name, apart]);
  // Not before the form has been heard that a click sends.
  after.port2.postMessage(0);
  const all: Properties = { page_path: path, ...properties, ...captured(trigger.properties, element) };
  // Wherever an e-mail address stands in the page, it is not told.
  Object.keys(all).forEach((one) => {
    if (typeof all[one] === "string" && /\S(@|%40)\S/.test(all[one] as string)) delete all[one];
  });
  core.track(name, all);
};

type Hear = (target: any, event: any) => void;
export type Heard = [type: string, target: unknown, event: unknown];
// These two the core hears from the beginning, and passes on.
const hears: Record<string, Hear[]> = { click: [], submit: [] };
export const heard = ([type, target, event]: Heard): void => (hears[type] || []).forEach((one) => one(target, event));
// Where it happened in a shadow is known only while it is heard.
export const hear = (event: Event): void => heard([event.type, event.composedPath()[0], event]);
/** Before any listener of the page, so that none can hide it. */
export const on = (type: string, work: Hear): void => {
  if (!hears[type]) addEventListener(type, hear, true);
  hears[type] = (hears[type] || []).concat(core.quietly(work));
};
/** What was heard before anybody knew what to listen for, each for itself. */
export const replay = (early: Heard[]): void =>
  early.forEach((one) => {
    told = [];
    heard(one);
  });

type Stop = () => void;
type Work = (again?: boolean) => Stop | void;
const pages: Work[] = [];
const ends: Stop[] = [];
/** Called for each page, also those of an application of one page; may give what ends it. */
export const paged = (work: Work): void => {
  pages.push(core.quietly(work) as Work);
};
/** Called whenever the page is left or hidden. */
export const ended = (work: Stop): void => {
  ends.push(core.quietly(work));
};

// An anchor is no page, and a page that tidies its address is no other.
const here = () =>
  location.href
    .replace(/#(?![/!]).*/, "")
    .split(/[?&]/)
    .filter((part) => !/^(utm_|microlift_|\w*clid=)/.test(part))
    .join();
export const open = (): void => {
  let last = here();
  let timer = 0;
  let stops: ReturnType<Work>[] = [];
  const end = () => ends.forEach((work) => work());
  const begin = (again?: boolean) => {
    stops = pages.map((work) => work(again));
  };
  core.leaving(end);
  core.navigated(() => {
    if (last === (last = here())) return;
    end();
    stops.forEach((stop) => stop && stop());
    stops = [];
    path = location.pathname;
    clearTimeout(timer);
    // A page that leads on at once was never open; and by then the new one has its title.
    timer = setTimeout(begin, 100, true);
  });
  begin();
};

/** The nearest from the element up, out of shadows too. */
export const up = (element: Element, selector: string): Element | null => {
  const { host } = element.getRootNode() as ShadowRoot;
  return element.closest(selector) || (host ? up(host, selector) : null);
};
