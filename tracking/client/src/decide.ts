// Which variant a visitor gets, as experiments/assignment.py decides it.
import { place } from "./hash";
import { onPage } from "./pages";
import type { Attributes, Audience, Experiment, Range } from "./types";

export interface Who {
  id: string;
  /** As `attributes` tells them. */
  attributes: Attributes;
  /** Of the page. */
  url: string;
}

/** `index`: which of the variants to show. */
export interface Outcome {
  index: number;
  in_experiment: boolean;
  reason: string;
}

const holds = (rule: Audience, who: Who): boolean => {
  if (rule === true) return rule;
  const [sign, ...rest] = rule;
  const inner = (part: unknown) => holds(part as Audience, who);
  if (sign === "all") return rest.every(inner);
  if (sign === "any") return rest.some(inner);
  if (sign === "not") return !inner(rest[0]);
  const [name, wanted] = rest as [string, string | unknown[]];
  const value = name === "id" ? who.id : who.attributes[name];
  // What is not known meets nothing but a "not".
  if (value === undefined || sign === "has") return value !== undefined;
  return sign === "in" ? wanted.includes(value as string) : RegExp(wanted as string).test(value as string);
};

/** Of an experiment that the browser can decide: its `decide` is not null. */
export const decide = (one: Experiment, who: Who): Outcome => {
  const { state, control } = one;
  const rules = one.decide!;
  const outcome = (reason: string, index = control, in_experiment = false): Outcome => ({ index, in_experiment, reason });
  const at = (seed: string, version: 1 | 2, ranges: Range[]): number => {
    const found = place(seed, who.id, version);
    return ranges.findIndex(([first, last]) => first <= found && found < last);
  };
  if (state === "paused") return outcome(state);
  if (!onPage(rules.pages, who.url)) return outcome("outside_page");
  if (!holds(rules.audience, who)) return outcome("outside_audience");
  const keeps = rules.filters.find(([, seed, version, ranges]) => at(seed, version, ranges) < 0);
  if (keeps) return outcome(keeps[0]);
  if (state === "shipped") return outcome(state, one.shipped);
  const index = at(rules.seed, 2, rules.ranges);
  return index < 0 ? outcome("outside_coverage") : outcome("assigned", index, true);
};
