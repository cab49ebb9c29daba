// What is done with the answers: variants shown and taken back, exposures told once, redirects followed.
import { quietly } from "./dom";
import { inPreview } from "./preview";
import { isAllowed, note, noted } from "./store";
import type { Answer, Core } from "./types";
import { show } from "./watching";

const LEFT = "microlift.left";

interface Met {
  answer: Answer;
  /** Where the page shows it by itself: asking is the exposure. */
  called?: () => void;
  undo?: () => void;
}
const met: Record<string, Met> = {};
/** By experiment, what holds on this page. */
export let answers: Record<string, Answer> = {};
/** Told already on this page, by experiment, phase and variant. */
const exposed = new Set<string>();

/** Leaves for the variant's page with this page's query and fragment; stays where it would lead to this page. */
const leave = quietly((address: string, farewell: () => void) => {
  const target = new URL(address, location.href);
  const given = new URLSearchParams(target.search);
  new URLSearchParams(location.search).forEach((value, name) => given.has(name) || target.searchParams.append(name, value));
  target.hash = target.hash || location.hash;
  // A page that sends its visitors back to this one would send them to and fro for ever.
  if (target.href === location.href || Date.now() - noted(LEFT) < 2000) return;
  note(LEFT, Date.now());
  farewell();
  location.replace(inPreview(target.href));
});

const meet = quietly((core: Core, name: string, answer: Answer, farewell: () => void) => {
  const one = core.config.experiments[name];
  // Who leaves takes nothing along that could be told once it may be: nobody is in the test before.
  if (!one || (one.kind === "redirect" && !isAllowed() && answer.reason !== "preview")) return;
  // Not a page of the test: nothing is changed there, and nobody sent elsewhere, by no variant.
  if (answer.reason === "outside_page") {
    met[name] = { answer };
    return;
  }
  const payload = answer.payload || {};
  const seen = () => {
    const { variant, phase } = answer;
    const once = [core.visitor(), name, phase, variant].join();
    if (!answer.in_experiment || exposed.has(once)) return;
    exposed.add(once);
    core.track("experiment_viewed", { experiment: name, variant, phase });
    core.listeners.exposed.forEach((hear) => quietly(hear)(name, variant as string, phase as number));
  };
  const page: Met = (met[name] = { answer });
  if (!one.selectors) page.called = seen;
  else if (one.kind !== "redirect") page.undo = show(core, one, payload, seen, answer.in_experiment);
  else {
    // For those who stay as for those who leave.
    seen();
    if (payload.url) leave(payload.url as string, farewell);
  }
});

/** Shows what these answers say, and takes back what they no longer say. */
export const showAll = (core: Core, now: Record<string, Answer>, farewell: () => void): void => {
  answers = now;
  Object.keys(met).forEach((name) => {
    const one = now[name];
    const { answer, undo } = met[name];
    if (one && one.variant === answer.variant && one.reason === answer.reason) return;
    if (undo) quietly(undo)();
    delete met[name];
  });
  Object.keys(now).forEach((name) => met[name] || meet(core, name, now[name], farewell));
};

/** What the page is told of an experiment that it shows itself. */
export const shown = (experiment: string): Answer => {
  const one = met[experiment];
  if (!one) return { variant: null, in_experiment: false, reason: "unavailable", payload: null };
  if (one.called) one.called();
  return one.answer;
};
