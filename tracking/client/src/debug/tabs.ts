// Several lists, one of them shown; walked through with the arrow keys.
import { quietly } from "../dom";
import type { Corner } from "./corner";
import { fill, make } from "./make";

export interface List {
  title: string;
  /** The number beside the title. */
  count: () => number;
  show: () => HTMLElement;
}
export interface Tabs {
  elements: HTMLElement[];
  /** Shows anew what has changed. */
  refresh: () => void;
  focus: () => void;
}

const unfolding = (root: Element): HTMLDetailsElement[] => Array.from(root.querySelectorAll("details")).reverse();

/** What was unfolded or focused stays so, counted from the end: what is new comes first. */
const redraw = (body: HTMLElement, next: HTMLElement, focused: Element | null): void => {
  const before = unfolding(body);
  const at = before.findIndex((one) => one.contains(focused));
  const after = unfolding(next);
  after.forEach((one, place) => (one.open = !!before[place] && before[place].open));
  const top = body.scrollTop;
  fill(body, [next]);
  body.scrollTop = top;
  if (after[at]) (after[at].firstElementChild as HTMLElement).focus();
};

export const openTabs = (corner: Corner, lists: List[]): Tabs => {
  let current = 0;
  let drawn = "";
  const body = make("div", { role: "tabpanel", id: "list", tabindex: "0" });
  const tabs = lists.map((_, place) => {
    const tab = corner.button("", "", () => choose(place));
    tab.id = `tab-${place}`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", "list");
    return tab;
  });
  const refresh = quietly(() => {
    tabs.forEach((tab, place) => {
      const count = lists[place].count();
      fill(tab, [lists[place].title, !!count && make("i", {}, String(count))]);
    });
    const next = lists[current].show();
    const looks = current + next.outerHTML;
    // What has not changed stays: somebody may be reading or selecting it.
    if (looks !== drawn) redraw(body, next, corner.root.activeElement);
    drawn = looks;
  }) as () => void;
  const choose = (place: number) => {
    current = (place + lists.length) % lists.length;
    tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", String(at === current));
      tab.tabIndex = at === current ? 0 : -1;
    });
    body.setAttribute("aria-labelledby", tabs[current].id);
    refresh();
  };
  const focus = () => tabs[current].focus();
  corner.heard.push((event, target) => {
    const key = event.type === "keydown" && (event as KeyboardEvent).key;
    const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
    if (!step || !tabs.some((tab) => tab === target)) return;
    choose(current + step);
    focus();
  });
  choose(0);
  return { elements: [make("div", { role: "tablist", "aria-label": "What to look at" }, ...tabs), body], refresh, focus };
};
