// A variant in the page: shown where its elements are or will be, told when one is seen, and taken back.
import type { Core, Experiment } from "./types";

type Undo = () => void;

/** What the part is given: it adds to `undos`, and does nothing once it is `over`. Plain names, for another bundle. */
export interface Given {
  one: Pick<Experiment, "kind" | "selectors"> & Partial<Experiment>;
  payload: Record<string, unknown>;
  seen: () => void;
  /** Whether who sees it takes part. */
  isIn: boolean;
  undos: Undo[];
  over?: boolean;
}

/**
 * Calls `seen` at the first visible pixel of any watched element. They are the same for every variant, the original
 * too: being counted must not depend on what is shown. A pop-up is in no page before it is seen, so its kind tells.
 */
export const show = (
  core: Core,
  one: Given["one"],
  payload: Given["payload"],
  seen: () => void,
  isIn: boolean,
): Undo => {
  const given: Given = { one, payload, seen, isIn, undos: [] };
  const { undos } = given;
  const stops: Undo[] = [];
  const all = (some: Undo[]) => some.forEach((undo) => core.quietly(undo)());
  const look = ({ intersectionRatio }: IntersectionObserverEntry) => {
    if (!intersectionRatio) return;
    all(stops);
    seen();
  };
  // Where a variant moves its element, what stays in place is watched, for all of them.
  const isMoved = (one.variants || []).some(({ payload }) => payload.sticky || payload.position);
  (one.selectors || []).forEach((selector) =>
    stops.push(
      core.each(selector, (element) => stops.push(core.watch((isMoved && element.parentElement) || element, look))),
    ),
  );
  core.load("variants", given);
  return () => {
    given.over = true;
    all(stops.concat(undos));
  };
};
