// What was changed in the page, so that it can be taken back, and done once more when the page has drawn over it.
import { isButton } from "../dom";

/** null: there is none. undefined: as it was before us. */
export type Value = string | null | undefined;
type Put = (value: Value) => void;

interface Mark {
  node_: Node;
  name_: string;
  was_?: Value;
  now_?: Value;
  want_?: Value;
  set_: Put;
}

export interface Marks {
  /** Makes it so, unless it is as we left it. */
  put(node: Node, name: string, want: Value, get: () => Value, set: Put): void;
  style(element: HTMLElement, name: string, value: Value): void;
  /** The words of an element, in its first piece of text: what else stands in it, such as a drawing, stays. */
  write(element: Element, text: string): void;
  undo(): void;
}

export const marks = (): Marks => {
  const all: Mark[] = [];
  const put: Marks["put"] = (node_, name_, want_, get, set_) => {
    const now = get();
    let mark = all.filter((one) => one.node_ === node_ && one.name_ === name_)[0];
    if (!mark) all.push((mark = { node_, name_, set_, was_: now, now_: now }));
    if (mark.want_ === want_ && mark.now_ === now) return;
    // What the page has written since is what it gets back.
    if (mark.now_ !== now) mark.was_ = now;
    mark.want_ = want_;
    set_(want_ === undefined ? mark.was_ : want_);
    mark.now_ = get();
  };
  return {
    put,
    style({ style }, name, value) {
      const important = style.getPropertyPriority(name);
      put(
        style as unknown as Node,
        name,
        value,
        () => style.getPropertyValue(name),
        (to) => style.setProperty(name, to!, to === value ? "important" : important),
      );
    },
    write(element, text) {
      if (isButton(element)) return put(element, "", text, () => element.value, (to) => (element.value = to!));
      const nodes = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let node: Text | null; (node = nodes.nextNode() as Text | null); ) {
        const piece = node;
        // A drawing may be a letter of a font, and a label may be around its field.
        if (!/\S/.test(piece.data) || piece.parentElement!.closest("[aria-hidden],select,textarea")) continue;
        // Between the spaces that keep it from what stands beside it.
        const words = piece.data.replace(/\S[^]*\S|\S/, () => text);
        put(piece, "", words, () => piece.data, (to) => (piece.data = to!));
        text = "";
      }
      if (!text) return;
      const piece = element.appendChild(new Text());
      put(piece, "", text, () => piece.data, (to) => (piece.data = to!));
    },
    undo() {
      all.forEach((mark) => mark.set_(mark.was_));
    },
  };
};
