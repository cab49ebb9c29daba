// Whether an event counts for a goal: the same questions, in the same way, as tracking/goals.py asks them.
import type { Properties } from "../types";

export interface GoalCondition {
  property: string;
  operator: string;
  value: string;
}
export interface Goal {
  key: string;
  name: string;
  level: string;
  event: string;
  conditions: GoalCondition[];
  measure: string;
  property: string;
  currency: string;
}

const LONGEST_TEXT = 1000;
const LARGEST_VALUE = 1e12;
const PLAIN_NUMBER = /^[ \t\r\n]*[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?[ \t\r\n]*$/;
const lengthOf = (text: string) => Array.from(text).length;

/** Of six places, like the server's; undefined for what is not plainly a number. */
export const number = (raw: unknown): number | undefined => {
  const isText = typeof raw === "string" && lengthOf(raw) <= LONGEST_TEXT && PLAIN_NUMBER.test(raw);
  if (!isText && typeof raw !== "number") return undefined;
  const value = Number(raw);
  return Math.abs(value) <= LARGEST_VALUE ? Math.round(value * 1e6) / 1e6 : undefined;
};

// The database writes out what JavaScript shortens: 4e-7, 1e+21.
const written = (value: number): string => {
  const [, sign, first, rest = "", power] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(String(value)) || [];
  if (!power) return String(value);
  if (+power < 0) return `${sign}0.${"0".repeat(-power - 1)}${first}${rest}`;
  return sign + (first + rest).padEnd(+power + 1, "0");
};

const text = (raw: unknown): string => {
  if (typeof raw === "string") return lengthOf(raw) <= LONGEST_TEXT ? raw : "";
  if (typeof raw === "number") return written(raw);
  return typeof raw === "boolean" ? String(raw) : "";
};

const compares = (raw: unknown, wanted: string, holds: (left: number, right: number) => boolean): boolean => {
  const left = number(raw);
  const right = number(wanted);
  return left !== undefined && right !== undefined && holds(left, right);
};

const OPERATORS: Record<string, (raw: unknown, wanted: string) => boolean> = {
  equals: (raw, wanted) => text(raw) === wanted,
  not_equals: (raw, wanted) => text(raw) !== wanted,
  contains: (raw, wanted) => text(raw).includes(wanted),
  starts_with: (raw, wanted) => text(raw).startsWith(wanted),
  at_least: (raw, wanted) => compares(raw, wanted, (left, right) => left >= right),
  at_most: (raw, wanted) => compares(raw, wanted, (left, right) => left <= right),
};

/** Where it is not met, one of the others says why. */
export interface Verdict {
  met: boolean;
  failed?: GoalCondition;
  currency?: string;
  lacks?: string;
}

/** Whether an event of this goal's name counts for it, and what kept it from counting. */
export const counts = (goal: Goal, sent: Properties): Verdict => {
  // As the server reads them: what JSON leaves out is not there.
  const properties: Properties = JSON.parse(JSON.stringify(sent || {}));
  const told = (name: string): unknown => (Object.prototype.hasOwnProperty.call(properties, name) ? properties[name] : "");
  const currency = properties.currency === undefined ? goal.currency : properties.currency;
  if (goal.currency && currency !== goal.currency) return { met: false, currency: String(currency) };
  const failed = goal.conditions.find(
    ({ property, operator, value }) => !(OPERATORS[operator] || (() => false))(told(property), value),
  );
  if (failed) return { met: false, failed };
  if (goal.measure === "sum" && number(told(goal.property)) === undefined) return { met: false, lacks: goal.property };
  return { met: true };
};
