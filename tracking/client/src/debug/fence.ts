// What is done in the panel is no business of the page: neither its own handlers nor our triggers hear of it.

const FENCED = [
  ...["click", "dblclick", "auxclick", "contextmenu", "mousedown", "mouseup", "mousemove", "mouseover", "mouseout"],
  ...["pointerdown", "pointerup", "pointermove", "pointerover", "pointerout", "pointercancel", "touchstart", "touchend"],
  ...["touchmove", "wheel", "keydown", "keyup", "keypress", "beforeinput", "input", "change", "focusin", "focusout"],
  ...["copy", "cut", "paste", "selectstart", "dragstart", "submit"],
];

export type Hear = (event: Event, target: Element) => void;

/** Ends at the window every event in `host`, and gives it to `hear`, with the innermost element. */
export const fence = (host: Element, hear: Hear): (() => void) => {
  const guard = (event: Event) => {
    const path = event.composedPath();
    if (!path.includes(host)) return;
    event.stopImmediatePropagation();
    if (path[0] instanceof Element) hear(event, path[0]);
  };
  // The page still scrolls at once.
  FENCED.forEach((type) => addEventListener(type, guard, { capture: true, passive: /^(touch|wheel)/.test(type) }));
  return () => FENCED.forEach((type) => removeEventListener(type, guard, true));
};
