// The panel's sentences about experiments, triggers and goals, for somebody who sells and does not program.
import type { Answer, Condition, Experiment } from "../types";
import type { Goal, GoalCondition, Verdict } from "./goals";

const ORIGINAL = "Sees the original";
const REASONS: Record<string, string> = {
  outside_coverage: `${ORIGINAL}: only a part of all visitors takes part, and you are not among them.`,
  outside_audience: `${ORIGINAL}: you are not in the audience of this experiment.`,
  outside_namespace: `${ORIGINAL}: you are kept free for another experiment of the same exclusion group.`,
  holdout: `${ORIGINAL}: you are in the holdout, who see no experiments, for comparison.`,
  prerequisite: `${ORIGINAL}: another experiment has to show you a certain variant first.`,
  outside_page: "Does not run on this page.",
  no_user_id: `${ORIGINAL}: this experiment is for people who are logged in, and the page names nobody.`,
  bot: `${ORIGINAL}: this browser looks like a robot.`,
  opted_out: `${ORIGINAL}: consent was refused.`,
  paused: "Paused: nobody new takes part, everybody sees the original.",
  external: "Another system decides who sees what.",
  shipped: "Finished: everybody gets this variant.",
  preview: "A preview: you asked to see this variant.",
  not_running: "Does not run.",
};

export const reasonOf = (answer: Answer | undefined): string => {
  if (!answer) return "Not decided: the server did not answer in time, so the page stays as it was.";
  if (answer.reason === "assigned") return "Taking part: chance has given you this variant.";
  return REASONS[answer.reason] || `${ORIGINAL} (${answer.reason}).`;
};

/** What makes taking part count. */
export const exposureOf = (one: Experiment): string =>
  one.selectors
    ? `Counts once ${one.selectors.join(" or ")} comes into view.`
    : one.kind === "redirect"
      ? "Counts when the page is opened."
      : "Counts when the page asks for the variant.";

const OPERATORS: Record<string, string> = {
  equals: "is",
  not_equals: "is not",
  contains: "contains",
  starts_with: "begins with",
  at_least: "is at least",
  at_most: "is at most",
};
export const conditionOf = ({ property, operator, value }: GoalCondition): string =>
  `${property} ${OPERATORS[operator] || operator} “${value}”`;

/** What kept an event from counting. */
export const missedOf = ({ failed, currency, lacks }: Verdict): string => {
  if (failed) return `the goal wants “${conditionOf(failed)}”`;
  return lacks ? `it told no number as ${lacks}` : `its currency was ${currency}`;
};

/** What a goal waits for. */
export const questionOf = ({ event, conditions, currency, measure, property }: Goal): string => {
  const where = conditions.length ? ` where ${conditions.map(conditionOf).join(" and ")}` : "";
  const adds = measure === "sum" ? `, adding up ${property}` : "";
  return `${event}${currency && ` in ${currency}`}${where}${adds}`;
};

const SUBJECTS: Record<string, string> = {
  selector: "the element or what it is in",
  text: "the text of the element",
  id: "the id of the element",
  class: "the classes of the element",
  link_url: "the address of the link",
  page_url: "the whole address of the page",
  page_path: "the path of the page",
  referrer: "the address of the page before",
  device: "the device",
};
const COMPARED: Record<string, [holds: string, not: string]> = {
  equals: ["is", "is not"],
  contains: ["contains", "does not contain"],
  starts_with: ["starts with", "does not start with"],
  ends_with: ["ends with", "does not end with"],
  matches: ["matches the regular expression", "does not match the regular expression"],
};
/** Why a trigger that has heard something told nothing: its condition that did not hold, if that was it. */
export const silenceOf = (condition: Condition | undefined): string => {
  if (!condition) return "Another trigger has told this event of the same interaction already.";
  const { subject, operator, value, not } = condition;
  const compared = COMPARED[operator];
  const words = compared ? compared[not ? 1 : 0] : operator;
  return `It wants: ${SUBJECTS[subject] || subject} ${words} “${value}”.`;
};

/** Where nobody has told us better. */
export const kindOf = (kind: string): string => {
  const words = kind.replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export const times = (count: number): string => (count === 1 ? "once" : `${count} times`);
export const clock = (at: number): string => new Date(at).toLocaleTimeString([], { hour12: false });
