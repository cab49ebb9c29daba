// A corner of the page that is ours alone: its styles and scripts do not reach in, and do not hear what is done there.
import { quietly } from "../dom";
import { fence } from "./fence";
import { dress } from "./look";
import { make } from "./make";

export interface Corner {
  host: HTMLElement;
  root: ShadowRoot;
  /** What is heard in the corner; clicks on its buttons are not told. */
  heard: ((event: Event, target: Element) => void)[];
  /** `act` follows a click by hand, touch or keyboard. `label`: what it does, where the text is a sign. */
  button: (text: string, look: string, act: () => void, label?: string) => HTMLButtonElement;
}

const PLACE: Record<string, string> = { all: "initial", position: "fixed", display: "block", "z-index": "2147483647" };

export const openCorner = (): Corner => {
  const host = make("div", { "data-microlift": "debug" });
  // "important", or the page could hide it together with its own.
  Object.keys(PLACE).forEach((name) => host.style.setProperty(name, PLACE[name], "important"));
  const root = host.attachShadow({ mode: "open" });
  dress(root);
  document.documentElement.append(host);
  const acts = new WeakMap<Element, () => void>();
  const heard: Corner["heard"] = [];
  fence(host, (event, target) => {
    for (let at: Element | null = target; event.type === "click" && at; at = at.parentElement) {
      const act = acts.get(at);
      if (act) return act();
    }
    heard.forEach((hear) => hear(event, target));
  });
  const button: Corner["button"] = (text, look, act, label) => {
    const named: Record<string, string> = label ? { "aria-label": label, title: label } : {};
    const made = make("button", Object.assign(named, { type: "button", class: look }), text) as HTMLButtonElement;
    acts.set(made, quietly(act) as () => void);
    return made;
  };
  return { host, root, heard, button };
};
