// A marketer's triggers. The core keeps what is clicked and sent until it is known what to listen for; the part
// "triggers", which a page without any never loads, does the rest.
import type { Core, Properties, Trigger } from "../types";
import type { Heard } from "./firing";

/** What is pushed to the dataLayer is heard under such names. */
export const LAYER = "dataLayer ";
// Of what waits: a server that never answers is no reason to keep a page's elements.
const MOST = 300;

export interface Given {
  triggers: Trigger[];
  early: Heard[];
  /** What was last pushed to the dataLayer under a path. */
  value(path: string): unknown;
}

export interface Hearing {
  /** What the page pushes to the dataLayer, also before it is known who wants it. */
  pushed(name: string, properties: Properties): void;
  /** Of the dataLayer, where the page has one and the part "datalayer" has come. */
  value?: Given["value"];
  /** Once, when the triggers are known. */
  begin(triggers: Trigger[]): void;
}

export const listen = (core: Core): Hearing => {
  const early: Heard[] = [];
  const heard = (...one: Heard) => early.length < MOST && early.push(one);
  ["click", "submit"].forEach((type) =>
    addEventListener(type, (event) => heard(type, event.composedPath()[0], event), true),
  );
  const hearing: Hearing = {
    pushed: (name, properties) => heard(LAYER + name, 0, properties),
    begin(triggers) {
      const value: Given["value"] = (path) => hearing.value && hearing.value(path);
      if (triggers.length) core.load("triggers", { triggers, early, value });
      else early.length = MOST;
    },
  };
  return hearing;
};
