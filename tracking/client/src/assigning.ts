// Which variants this visitor is shown: decided here where the browser can, asked of the server where it cannot.
import { attributes } from "./attributes";
import { decide } from "./decide";
import { consent, counted, isAllowed, returning, visitor } from "./store";
import type { Answer, Config, Experiment } from "./types";

export interface Person {
  user?: string;
  attributes: Record<string, unknown>;
}

// Programs are the server's to recognise, which knows many more: these names only make it be asked.
const ROBOT = /bot|crawl|spider|headless/i;

const answered = (one: Experiment, index: number, in_experiment: boolean, reason: string): Answer => ({
  variant: one.variants[index].key,
  in_experiment,
  reason,
  payload: one.variants[index].payload,
  phase: one.phase,
});

type Answers = Record<string, Answer>;
export interface Found {
  /** Decided here; an experiment that nobody can decide is left out, and the page stays as it was. */
  now: Answers;
  /** What must be asked of the server. */
  question?: object;
}

export const assign = (config: Config, person: Person): Found => {
  const url = location.href;
  const who = { id: visitor, attributes: attributes(url, returning()), url };
  const now: Answers = {};
  const asked: string[] = [];
  // What the page tells of its visitor wins over what is seen of them, and only the server reads it.
  const isTold = Object.keys(person.attributes).length > 0;
  Object.keys(config.experiments).forEach((name) => {
    const one = config.experiments[name];
    if (consent === "denied" && !(one.state === "shipped" && one.decide))
      now[name] = answered(one, one.control, false, "opted_out");
    else if (isAllowed() && !counted) return;
    else if (!one.decide || ROBOT.test(navigator.userAgent) || (isTold && one.decide.audience !== true)) asked.push(name);
    else {
      const found = decide(one, who);
      now[name] = answered(one, found.index, found.in_experiment, found.reason);
    }
  });
  if (!asked.length) return { now };
  const question = {
    visitor_id: visitor,
    user_id: person.user,
    attributes: Object.assign(
      // Longer ones the server leaves out.
      { url: url.slice(0, 1000), referrer: document.referrer.split(/[?#]/)[0] || undefined, returning: returning() },
      person.attributes,
    ),
    experiments: asked,
  };
  return { now, question };
};
