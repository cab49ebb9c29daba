// Frames around elements of the page, which move with them.
import { make } from "./make";

const MOST = 60;
const EDGE = 3;

/** The first frame is drawn firmly, the others lightly. */
export const frames = (root: ShadowRoot): { around: (elements: (Element | undefined)[]) => void } => {
  let shown: { element: Element; frame: HTMLElement }[] = [];
  let running = false;
  const follow = () => {
    shown.forEach(({ element, frame }) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      const place = { left: left - EDGE, top: top - EDGE, width: width + 2 * EDGE, height: height + 2 * EDGE };
      (Object.keys(place) as (keyof typeof place)[]).forEach((name) => frame.style.setProperty(name, `${place[name]}px`));
    });
    running = shown.length > 0;
    if (running) requestAnimationFrame(follow);
  };
  const around = (elements: (Element | undefined)[]) => {
    const wanted = elements.filter((one): one is Element => !!one).slice(0, MOST);
    if (wanted.length === shown.length && wanted.every((one, place) => one === shown[place].element)) return;
    shown.forEach(({ frame }) => frame.remove());
    shown = wanted.map((element, place) => ({ element, frame: make("div", { class: place ? "frame other" : "frame" }) }));
    shown.forEach(({ frame }) => root.append(frame));
    if (!running) follow();
  };
  return { around };
};
