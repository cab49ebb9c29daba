// What comes into view, and what the mouse rests on.
import { type Install, core, fire, on, paged, up } from "./firing";
import { facts } from "./links";
import { after, seen } from "./time";

/** Percent of the page that has come into view; 0 of something small that scrolls within it. */
const depth = (target: any): number => {
  const root = document.scrollingElement as Element;
  const whole = target === document ? root : target;
  const height = whole === root ? innerHeight : whole.clientHeight;
  // A pixel less than the end is the end: browsers round.
  return height * 2 > innerHeight && whole.clientWidth * 2 > innerWidth
    ? ((whole.scrollTop + height + 1) / whole.scrollHeight) * 100
    : 0;
};

export const SEEN: Record<string, Install> = {
  scroll_depth(trigger, { percents }) {
    let left: number[] = [];
    paged(() => {
      left = percents;
    });
    on("scroll", (target) => {
      const reached = depth(target);
      left = left.filter((percent) => {
        if (percent > reached) return true;
        fire(trigger, { percent_scrolled: percent }, undefined, percent);
      });
    });
  },
  read_to_end(trigger, { seconds }) {
    let isEnd: boolean;
    let check: () => void;
    on("scroll", (target) => {
      isEnd = isEnd || depth(target) > 90;
      check();
    });
    paged(() => {
      const since = seen();
      isEnd = false;
      check = () => {};
      return after(seconds, () => {
        isEnd = isEnd || depth(document) > 90;
        check = () => {
          if (!isEnd) return;
          check = () => {};
          fire(trigger, { seconds: Math.round(seen() - since) });
        };
        check();
      });
    });
  },
  element_visible: (trigger, { selector, seconds, share }) =>
    paged(() => {
      const ends: (() => void)[] = [];
      const meet = (element: Element) => {
        let stop: (() => void) | undefined;
        const end = core.watch(element, ({ intersectionRatio, intersectionRect }) => {
          // Of what is higher than the window, so much of the window.
          const isSeen = Math.max(intersectionRatio, intersectionRect.height / innerHeight) * 100 > share - 1;
          if (!isSeen === !stop) return;
          stop = stop ? void stop() : after(seconds, tell);
        });
        const tell = () => {
          end();
          fire(trigger, facts(element), element, element);
        };
        ends.push(() => {
          end();
          if (stop) stop();
        });
      };
      ends.push(core.each(selector, meet));
      return () => ends.forEach((end) => end());
    }),
  hover(trigger, { selector, seconds }) {
    let under: Element | null;
    let stop: (() => void) | undefined;
    const move = (element: Element | null) => {
      if (element === under) return;
      if (stop) stop();
      under = element;
      stop = element ? after(seconds, () => fire(trigger, facts(element), element)) : undefined;
    };
    on("pointerover", (target, { pointerType }) => pointerType === "touch" || move(up(target, selector)));
    // Out of the window.
    on("pointerout", (_, { relatedTarget }) => relatedTarget || move(null));
  },
};
