// What the picker says of a chosen element, and what one can do with it.
import type { Core } from "../types";
import { type Chosen, alike, stepped } from "./choosing";
import type { Corner } from "./corner";
import { type Child, make } from "./make";

export interface Next {
  offer: (chosen: Chosen) => void;
  again: () => void;
  take: (chosen: Chosen) => void;
}

export const described = (core: Core, corner: Corner, now: Chosen, next: Next): Child[] => {
  const count = now.all.length;
  const text = core.text(now.element);
  const other = (title: string, chosen: Chosen | undefined) => {
    const made = corner.button(title, "plain", () => chosen && next.offer(chosen));
    made.disabled = !chosen;
    return made;
  };
  const row = (...buttons: Child[]) => make("div", { class: "several" }, ...buttons);
  const finds = count === 1 ? "Finds only this element on this page." : `Finds ${count} elements on this page.`;
  return [
    make("b", {}, text ? `“${text}”` : `<${now.element.localName}>`),
    make("code", { tabindex: "0" }, now.selector),
    make("div", { class: "soft", role: "status" }, finds),
    row(other("Broader", stepped(now, 1)), other("Narrower", stepped(now, -1)), other("All like it", alike(now))),
    row(
      corner.button("Use it", "main", () => next.take(now)),
      corner.button("Pick another", "plain", next.again),
    ),
  ];
};
