// What a click in the picker may have meant: the element itself, what is around or inside it, or all of its kind.
import { found } from "../dom";
import { selectorOf } from "../selector";

export interface Chosen {
  element: Element;
  selector: string;
  /** Everything that the selector finds. */
  all: Element[];
  /** From the innermost element under the pointer outwards; `at` is where `element` stands. */
  trail: Element[];
  at: number;
}

const ACTIVE = "a[href],button,input,select,textarea,label,summary,video,audio,[role=button],[role=link],[onclick]";

const choice = (trail: Element[], at: number, selector: string): Chosen => ({
  element: trail[at],
  selector,
  all: found(selector),
  trail,
  at,
});

/** Whoever clicks the icon in a button means the button. */
export const choices = (innermost: Element): Chosen => {
  const trail = [innermost];
  const ends = [document.body, document.documentElement, null];
  for (let one = innermost.parentElement; !ends.includes(one); one = (one as Element).parentElement) trail.push(one as Element);
  const at = Math.max(0, trail.findIndex((one) => one.matches(ACTIVE)));
  return choice(trail, at, selectorOf([trail[at]]));
};

/** `by` steps outwards, or inwards; undefined where there is nothing. */
export const stepped = ({ trail, at }: Chosen, by: number): Chosen | undefined =>
  trail[at + by] && choice(trail, at + by, selectorOf([trail[at + by]]));

const named = ({ localName, classList }: Element): string =>
  localName + Array.from(classList, (name) => `.${CSS.escape(name)}`).join("");

/** All that look like it; undefined where it is the only one, or nothing says what they have in common. */
export const alike = ({ element, trail, at, all }: Chosen): Chosen | undefined => {
  const similar = element.classList.length ? found(named(element)) : [];
  const selector = similar.length > 1 && similar.length > all.length ? selectorOf(similar) : "";
  return selector ? choice(trail, at, selector) : undefined;
};
