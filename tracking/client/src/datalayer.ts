// Google's dataLayer, both ways: what the page pushes is heard, its word on consent is taken, exposures are told to it.
import type { Consent, Core, Properties } from "./types";

type Entry = Record<string, unknown>;

// What Tag Manager says of itself: `gtm.js`, `gtm.click`, `gtm.uniqueEventId`.
const ITS_OWN = /^gtm\./;
const remembered: Entry[] = [];

/** What was last pushed under a path such as `ecommerce.items.0.price`; null where the page has cleared it since. */
export const value = (path: string): unknown => {
  for (let at = remembered.length; at--; ) {
    const found = path.split(".").reduce((from: any, name) => (from == null ? from : from[name]), remembered[at]);
    if (found !== undefined) return found;
  }
};

// Of what is nested only the goods, as many as an event holds: the rest may be persons (`user_data`), elements or rings.
// Nor anything that looks like an e-mail address.
const plain = (entry: Entry): Properties => {
  const told: Properties = {};
  Object.keys(Object(entry)).forEach((name) => {
    const one = entry[name];
    if (name === "items" && Array.isArray(one)) told[name] = one.slice(0, 50).map(plain);
    else if (name !== "event" && !ITS_OWN.test(name) && /st|nu|bo/.test(typeof one) && !/\S(@|%40)\S/.test(one as string))
      told[name] = one;
  });
  return told;
};

type Expose = (experiment: string, variant: string, phase: number) => void;

/**
 * `heard`: each event that the page pushes or has pushed, `gtag()` too. Only a trigger makes one of ours of it.
 * Gives what tells an exposure to the dataLayer; those to come are told by itself.
 */
export const bridge = (core: Core, heard: (name: string, properties: Properties) => void): Expose => {
  const page = window as unknown as { dataLayer: unknown[] };
  const known = new WeakSet();
  // What is told before the page has one waits here.
  let layer: unknown[] = [];

  let said: Consent | 0;
  let presumed: Consent | 0 | undefined;
  // What a page presumes overrules nobody's answer. A refusal that it presumes for some region, perhaps for this one,
  // leaves the question open, whatever it presumes elsewhere.
  const settle = () => {
    core.setConsent(said || (core.consent() === "unknown" && presumed) || "unknown");
    said = 0;
  };
  const hear = core.quietly((entry: any) => {
    if (known.has(entry)) return;
    known.add(entry);
    const [command, about, details] = [entry[0], entry[1], Object(entry[2])];
    const state = details.analytics_storage;
    if (command === "consent" && state) {
      if (about === "update") said = state;
      else if (state === "denied") presumed = 0;
      else if (!details.region && presumed !== 0) presumed = state;
    }
    const facts = command === "event" ? Object.assign({ event: about }, details) : entry;
    if (ITS_OWN.test(facts.event) || facts[0]) return;
    if (remembered.push(facts) > 300) remembered.shift();
    if (facts.event) heard(facts.event, plain(Object.assign({}, facts, facts.ecommerce)));
  });
  const tell = (exposure: Entry) => {
    known.add(exposure);
    layer.push(exposure);
  };
  const look = () => {
    const early = layer as Entry[];
    if (core.script.dataset.datalayer != null) page.dataLayer = page.dataLayer || [];
    // One that is made later is found then, and what it holds is replayed.
    if (!Array.isArray(page.dataLayer)) return setTimeout(look, 1000);
    layer = page.dataLayer;
    // Tag Manager puts its own push around this one or within: either gets what the page has given.
    const push = layer.push;
    layer.push = (...entries) => {
      const length = push.apply(layer, entries);
      entries.forEach(hear);
      // Together with what the same script says next.
      Promise.resolve().then(settle);
      return length;
    };
    layer.forEach(hear);
    settle();
    early.forEach(tell);
  };

  const expose: Expose = (experiment, variant, phase) =>
    tell({ event: "experiment_viewed", experiment, variant, phase });
  core.listeners.exposed.push(expose);
  core.quietly(look)();
  return expose;
};
