// The four lists of the panel: what happened, goals, experiments, triggers.
import type { Answer, Core, Properties } from "../types";
import { type Goal, counts } from "./goals";
import { type Child, make } from "./make";
import type { Listed, Standing } from "./session";
import type { Entry } from "./tab";
import { clock, exposureOf, missedOf, questionOf, reasonOf, times } from "./words";

const chip = (text: string, look = ""): HTMLElement => make("span", { class: `chip ${look}` }, text);
const row = (...children: Child[]): HTMLElement => make("div", { class: "row" }, ...children);
const soft = (text: string): HTMLElement => make("div", { class: "soft" }, text);
const list = (...items: HTMLElement[]): HTMLElement => make("ul", {}, ...items);
const empty = (text: string): HTMLElement => make("p", { class: "empty" }, text);

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
const table = (properties: Properties): HTMLElement => {
  const told = Object.keys(properties).filter((name) => properties[name] !== undefined);
  const lines = told.map((name) => [make("dt", {}, name), make("dd", {}, shown(properties[name]))]);
  return lines.length
    ? make("dl", {}, ...([] as Child[]).concat(...lines))
    : make("p", { class: "soft" }, "Nothing else is told with it.");
};

/** An event with what was told, or a trigger that kept silent and why. `draft`: only a draft tells it. */
const happening = (entry: Entry, goals: Goal[], draft: boolean): HTMLElement => {
  const time = make("time", {}, clock(entry.at));
  if (entry.why !== undefined) {
    const silent = chip("did not fire", "wait");
    return make("li", {}, row(time, make("b", { class: "soft" }, entry.name), silent), soft(entry.why));
  }
  const properties = entry.properties || {};
  const met = goals.filter((goal) => goal.event === entry.name && counts(goal, properties).met);
  const marks = [draft && chip("draft", "info"), ...met.map((goal) => chip(`Goal: ${goal.name}`, "good"))];
  const head = make("summary", {}, row(time, make("b", {}, entry.name), ...marks));
  return make("li", {}, make("details", {}, head, table(properties)));
};

const isDraft = (name: string, triggers: Listed[]): boolean => {
  const telling = triggers.filter(({ events, standing }) => events.includes(name) && standing !== "removed");
  return telling.length > 0 && telling.every(({ standing }) => standing !== "published");
};

/** The newest first, page by page. */
export const happeningsView = (entries: Entry[], goals: Goal[], triggers: Listed[]): HTMLElement => {
  if (!entries.length) return empty("Nothing has happened yet. Use the page: every event shows up here.");
  const items: HTMLElement[] = [];
  entries.forEach((entry, place) => {
    const before = entries[place - 1];
    if (!before || before.path !== entry.path) items.push(make("li", { class: "page" }, `On ${entry.path}`));
    items.push(happening(entry, goals, isDraft(entry.name, triggers)));
  });
  return list(...newestFirst(items));
};

/** Each page's heading stays above what happened on it. */
const newestFirst = (items: HTMLElement[]): HTMLElement[] => {
  const pages: HTMLElement[][] = [];
  items.forEach((item) => {
    if (item.className === "page") pages.unshift([item]);
    else pages[0].splice(1, 0, item);
  });
  return ([] as HTMLElement[]).concat(...pages);
};

export const goalsView = (goals: Goal[], entries: Entry[]): HTMLElement => {
  if (!goals.length) return empty("This project has no goals yet.");
  const items = goals.map((goal) => {
    const came = entries.filter(({ name, why }) => why === undefined && name === goal.event);
    const verdicts = came.map(({ properties }) => counts(goal, properties || {}));
    const met = verdicts.filter((verdict) => verdict.met).length;
    const last = verdicts[verdicts.length - 1];
    return make(
      "li",
      {},
      row(
        make("b", {}, goal.name),
        goal.level === "macro" && chip("macro"),
        met ? chip(`met ${times(met)}`, "good") : chip("not met yet"),
      ),
      soft(`Waits for ${questionOf(goal)}`),
      last && !last.met && make("div", {}, `The last ${goal.event} did not count: ${missedOf(last)}.`),
    );
  });
  return list(...items);
};

/** `seen`: by experiment, the variant whose exposure was told on this page. */
export const experimentsView = (core: Core, seen: Record<string, string>): HTMLElement => {
  const { experiments } = core.config;
  const answers: Record<string, Answer> = core.answers();
  const names = Object.keys(Object.assign({}, experiments, answers));
  if (!names.length) return empty("No experiment is running.");
  const away = (name: string) => +!(answers[name] && answers[name].reason !== "outside_page");
  names.sort((one, other) => away(one) - away(other));
  const items = names.map((name) => {
    const answer: Answer | undefined = answers[name];
    const elsewhere = !!answer && answer.reason === "outside_page";
    const one = experiments[name];
    const mark = seen[name] ? chip("exposure told", "good") : answer && answer.in_experiment && chip("not seen yet", "wait");
    return make(
      "li",
      {},
      row(make("b", {}, name), answer && !elsewhere && chip(String(answer.variant), "info"), mark),
      soft(reasonOf(answer)),
      answer && answer.in_experiment && one && !seen[name] && soft(exposureOf(one)),
    );
  });
  return list(...items);
};

const STANDINGS: Record<Standing, [text: string, look: string, says: string]> = {
  published: ["published", "", ""],
  changed: ["draft: changed", "info", "Runs here as the draft says. Visitors get what is published."],
  new: ["draft: new", "info", "Runs only here, until it is published."],
  removed: ["draft: taken away", "wait", "Switched off or deleted, so it does not run here. Visitors have it until you publish."],
};

export const triggersView = (triggers: Listed[], entries: Entry[]): HTMLElement => {
  if (!triggers.length) return empty("This project has no triggers yet.");
  const items = triggers.map(({ name, kind, events, standing }) => {
    const [text, look, says] = STANDINGS[standing];
    const count = entries.filter((entry) => entry.why === undefined && events.includes(entry.name)).length;
    const tells = [kind, events.join(", ")].filter((part) => part).join(" → ");
    return make(
      "li",
      {},
      row(make("b", {}, name), chip(text, look)),
      soft(tells + (count ? ` · heard ${times(count)}` : "")),
      says && make("div", {}, says),
    );
  });
  return list(...items);
};
