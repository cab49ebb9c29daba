// What a page may call: copy this file into your project. `microlift.q.push([name, …])` works before the script has
// come and after; the functions themselves are there once it has.

export interface Answer {
  /** null where the experiment does not run, or nobody answered in time: show the original. */
  variant: string | null;
  /** Whether this visitor is measured; false also for who is outside the test's share of traffic. */
  in_experiment: boolean;
  /** Why: "assigned", "outside_audience", "holdout", "preview", "unavailable" … */
  reason: string;
  payload: Record<string, unknown> | null;
  phase?: number;
}

/** Any JSON: up to 100 of them, and 16,000 characters in all. */
export type Properties = Record<string, unknown>;
export type Attributes = Record<string, string | number | boolean | null | (string | number)[]>;
export type Decision = "granted" | "denied";

export interface Calls {
  /** Something the visitor did: use GA4's name where there is one. */
  track(name: string, properties?: Properties): void;
  /** Asking is the exposure: ask where the variant is about to be shown. Never rejected. */
  variant(experiment: string, callback?: (answer: Answer) => void): Promise<Answer>;
  /** What the visitor has said: until "granted", a project that requires consent stores and sends nothing. */
  consent(decision: Decision): void;
  /** Removes the id and what waits to be sent, and tells nothing more on this page. */
  forget(): void;
  /** The id after login, for experiments that are split by user. */
  identify(user: string): void;
  /** What your application knows of its visitor, for audiences. */
  attributes(more: Attributes): void;
  /** The id of this visitor, for events that your server sends. */
  visitor(): string;
}

export type Call =
  | ["track", name: string, properties?: Properties]
  | ["variant", experiment: string, callback?: (answer: Answer) => void]
  | ["consent", decision: Decision]
  | ["forget"]
  | ["identify", user: string]
  | ["attributes", more: Attributes];

export interface Queue {
  push(call: Call): unknown;
}

/** Before the script has come only `q` is there: `window.microlift = window.microlift || { q: [] }`. */
export interface Microlift extends Partial<Calls> {
  q: Queue;
}

declare global {
  interface Window {
    microlift?: Microlift;
  }
}
