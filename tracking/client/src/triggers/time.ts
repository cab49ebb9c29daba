// Time while the page can be seen, and visits.
import type { Trigger } from "../types";
import { type Install, core, ended, fire, on, paged } from "./firing";

let spent = 0;
let since = 0;
/** Seconds for which the page could be seen. */
export const seen = (): number => spent + (since && performance.now() / 1000 - since);
export const turn = (): void => {
  spent = seen();
  since = document.hidden ? 0 : performance.now() / 1000;
};

const waits = new Set<() => void>();
let ticker = 0;
const tick = () => {
  waits.forEach((look) => look());
  if (waits.size) return;
  clearInterval(ticker);
  ticker = 0;
};
/** Does it after so many seconds in sight; gives what prevents it. */
export const after = (seconds: number, work: () => void): (() => void) => {
  const due = seen() + seconds;
  const look = () => {
    if (seen() < due) return;
    waits.delete(look);
    core.quietly(work)();
  };
  waits.add(look);
  ticker = ticker || setInterval(tick, 100);
  return () => {
    waits.delete(look);
  };
};

// Minutes after which somebody has gone.
const SILENCE = 30;
const VISITS = "visits";
const returning: Trigger[] = [];
// The number of the visit, and when it was last heard of.
const visit = () => (core.kept(VISITS) || "0~0").split("~").map(Number);
const keep = (number: number) => core.keep(VISITS, `${number}~${Date.now()}`);
const count = () => {
  const [before, last] = visit();
  const begins = Date.now() - last > SILENCE * 60000;
  keep(before + +begins);
  const [number] = visit();
  // Where nothing is kept, every page would be the first.
  if (number > before)
    returning.forEach((one) => (one.params.visits as number) <= number && fire(one, { visit_number: number }));
};

export const TIMES: Record<string, Install> = {
  time_on_page: (trigger, { seconds }) => paged(() => after(seconds, () => fire(trigger, { seconds }))),
  time_spent(trigger) {
    let told = 0;
    ended(() => {
      const seconds = Math.round((seen() - told) * 1000) / 1000;
      // Less waits for the next time: somebody may look through tabs.
      if (seconds < 1) return;
      told += seconds;
      fire(trigger, { engagement_time_msec: Math.round(seconds * 1000), seconds });
    });
  },
  visit_count(trigger) {
    if (returning.push(trigger) > 1) return;
    paged(count);
    core.listeners.consent.push(count);
    ended(() => keep(visit()[0]));
  },
};

export const startClock = (): void => {
  turn();
  on("visibilitychange", turn);
};
