// What the modules of the browser client say to each other. What comes as JSON keeps its names from the server.

export type Properties = Record<string, unknown>;
export type Attributes = Record<string, string | boolean | undefined>;
export type Range = [first: number, last: number];

/** Who an experiment is for: written by the server in these few words, whatever the marketer's condition was. */
export type Audience =
  | true
  | ["all", ...Audience[]]
  | ["any", ...Audience[]]
  | ["not", Audience]
  | ["in", string, (string | boolean)[]]
  | ["has", string]
  | ["re", string, string];

/** Only units in one of the ranges of buckets (of 10,000; version 1: of 1,000); `reason` says what keeps others out. */
export type Filter = [reason: string, seed: string, version: 1 | 2, ranges: Range[]];

/**
 * A page of an experiment: included or not; a pattern for the "url", whole and without its host, or for host and
 * "path", decoded and in small letters.
 */
export type PagePattern = [include: boolean, on: "url" | "path", source: string];

export interface Decide {
  seed: string;
  /** One a variant, in buckets of 10,000: `first <= place < last`. */
  ranges: Range[];
  filters: Filter[];
  audience: Audience;
  pages: PagePattern[];
}

export interface Variant {
  key: string;
  payload: Record<string, unknown>;
}

export interface Experiment {
  phase: number;
  kind: string;
  state: "running" | "paused" | "shipped";
  control: number;
  /** Index of the variant that everybody gets, once it is shipped. */
  shipped?: number;
  /** Where seeing any of these is the exposure; null where the page asks by `variant()`. */
  selectors: string[] | null;
  variants: Variant[];
  /** null: only the server can say. */
  decide: Decide | null;
}

export interface Condition {
  subject: string;
  operator: "equals" | "contains" | "starts_with" | "ends_with" | "matches";
  value: string;
  not?: boolean;
}

export interface Captured {
  name: string;
  source: "attribute" | "text" | "url" | "data_layer" | "constant";
  from: string;
  selector?: string;
  as?: "text" | "number";
}

export interface Trigger {
  key: string;
  kind: string;
  event: string;
  params: Record<string, unknown>;
  conditions: Condition[];
  properties: Captured[];
}

export interface Config {
  config: number;
  consent: boolean;
  forms: boolean;
  /** Of how many page views the inventory is told: 0 to 1. */
  inventory: number;
  experiments: Record<string, Experiment>;
  triggers: Trigger[];
}

/** What `microlift.variant()` promises, and what `POST /v1/assign` says of each experiment. */
export interface Answer {
  variant: string | null;
  in_experiment: boolean;
  reason: string;
  payload: Record<string, unknown> | null;
  phase?: number;
  kind?: string;
}

export type Consent = "granted" | "denied" | "unknown";

export interface Core {
  host: string;
  key: string;
  script: HTMLScriptElement;
  /** Known before any trigger or variant runs; the parts `datalayer` and `debug` may come before it. */
  config: Config;
  visitor(): string;
  track(name: string, properties?: Properties): void;
  /** Every element of a selector; none for an illegal or empty one. */
  found(selector: string | undefined): Element[];
  /** What can be read of an element, at most 100 characters; never what somebody typed. */
  text(element: Element): string;
  /** The same function, which answers undefined instead of throwing. */
  quietly<A extends unknown[], R>(work: (...args: A) => R): (...args: A) => R | undefined;
  /** Calls once for each element that is there, and for each that comes later; gives what stops it. */
  each(selector: string, seen: (element: Element) => void): () => void;
  watch(element: Element, look: (entry: IntersectionObserverEntry) => void): () => void;
  /** In an application of one page: whenever the address has really changed. */
  navigated(heard: (url: string) => void): void;
  /** The page is hidden or left, perhaps several times; `track` still works in it. */
  leaving(heard: () => void): void;
  /** Loads a part that few pages need; it is called with the core and what is given. */
  load(part: string, given?: unknown): void;
  consent(): Consent;
  setConsent(state: Consent): void;
  /** A text that outlives the page; both do nothing while nothing may be stored. */
  kept(name: string): string | undefined;
  keep(name: string, value: string): void;
  /** Whether events of this tab are those of a test session, which nothing counts. */
  setTest(on: boolean): void;
  /** By experiment, what this visitor was answered. */
  answers(): Record<string, Answer>;
  listeners: {
    /** Every event of this page, also those that wait for consent. */
    told: ((name: string, properties: Properties) => void)[];
    /** A trigger that heard something and did not fire, and why: for the debug panel. */
    ignored: ((trigger: Trigger, why: string) => void)[];
    exposed: ((experiment: string, variant: string, phase: number) => void)[];
    /** The state of consent has changed. */
    consent: ((state: Consent) => void)[];
  };
}

export type Part = (core: Core, given: unknown) => void;
