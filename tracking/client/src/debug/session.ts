// What the link of a test session stands for: asked of the server, which knows whether it is real and still holds.
import type { Condition, Core, Trigger } from "../types";
import type { Goal } from "./goals";
import { kindOf } from "./words";

/** What people call a draft, its kind in words, and every event that it may tell. */
export interface About {
  name: string;
  kind: string;
  events: string[];
}
/** The drafts as pages would get them, and the goals. */
export interface Told {
  triggers: Trigger[];
  about: Record<string, About>;
  goals: Goal[];
  author: string;
  /** The origin of the admin that the picker answers to; empty: to none. */
  admin: string;
}
export type Session = Told | "refused" | "away";

export const open = async (core: Core, token: string): Promise<Session> => {
  try {
    // A body of plain text needs no preflight; "origin" keeps the page's query string out of logs.
    const always: RequestInit = { method: "POST", credentials: "omit", referrerPolicy: "origin" };
    const body = JSON.stringify({ token });
    const answer = await fetch(`${core.host}/v1/debug?key=${core.key}`, Object.assign(always, { body }));
    if (answer.ok) return await answer.json();
    return answer.status < 500 ? "refused" : "away";
  } catch (_) {
    return "away";
  }
};

export type Standing = "published" | "changed" | "new" | "removed";
export interface Listed extends About {
  trigger: Trigger;
  standing: Standing;
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!value || typeof value !== "object") return value;
  const object = value as Record<string, unknown>;
  return Object.keys(object)
    .sort()
    .map((name) => [name, sorted(object[name])]);
};
const same = (one: Trigger, other: Trigger) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

// Made of goals by the server: nobody edits them as triggers.
const isOfGoal = ({ key }: Trigger) => !key.indexOf("goal:");

/** Drafts beside what is published: what runs in this tab, and last what a draft has taken away. */
export const listed = (published: Trigger[], session: Session): Listed[] => {
  const named = (trigger: Trigger, standing: Standing): Listed => {
    const { key, kind, event } = trigger;
    const name = isOfGoal(trigger) ? `Click on ${trigger.params.selector}` : key;
    const known = typeof session === "object" && session.about[key];
    return Object.assign({ trigger, standing, name, kind: kindOf(kind), events: event ? [event] : [] }, known || {});
  };
  if (typeof session !== "object") return published.map((trigger) => named(trigger, "published"));
  const before = (key: string) => published.find((one) => one.key === key);
  const drafts = session.triggers.map((draft) => {
    const old = before(draft.key);
    return named(draft, !old ? "new" : same(old, draft) ? "published" : "changed");
  });
  const gone = published
    .filter((one) => !session.triggers.some(({ key }) => key === one.key))
    .map((one) => named(one, isOfGoal(one) ? "published" : "removed"));
  return [...drafts, ...gone].sort((one, other) => +(one.standing === "removed") - +(other.standing === "removed"));
};

// What is done in the panel is nothing that a visitor can do.
const NOT_OURS: Condition = { subject: "selector", operator: "equals", value: "[data-microlift=debug]", not: true };

/** What runs in this tab: drafts instead of what is published; where the link stands for nothing, what visitors get. */
export const running = (triggers: Listed[]): Trigger[] =>
  triggers
    .filter(({ standing }) => standing !== "removed")
    .map(({ trigger }) => Object.assign({}, trigger, { conditions: trigger.conditions.concat(NOT_OURS) }));

/** The condition of `running` that did not hold, as the trigger tells it: undefined for none, null for ours. */
export const failing = ({ conditions }: Trigger, why: string): Condition | null | undefined => {
  const [, place] = /^condition (\d+)$/.exec(why) || [];
  return place === undefined ? undefined : conditions[+place] === NOT_OURS ? null : conditions[+place];
};
