// What the test session keeps in its tab, and how it leaves the browser as it found it.
import { quietly } from "../dom";
import type { Core, Properties } from "../types";

const OURS = "microlift.";
// The core's own mark that this tab tests; what the panel keeps begins with it.
const MARK = "microlift.debug";
const TOKEN = `${MARK}.token`;
const PICK = `${MARK}.pick`;
const LOG = `${MARK}.log`;
const BEFORE = `${MARK}.before`;
const WAITING = "microlift.event.";
const ARGUMENTS = ["microlift_debug", "microlift_pick"];
const MOST_ENTRIES = 100;

/** Something that happened in the tab: an event, or a trigger that heard something and did not fire. */
export interface Entry {
  at: number;
  path: string;
  /** Of the event; of a trigger what people call it. */
  name: string;
  properties?: Properties;
  /** Why it did not fire. */
  why?: string;
}

const read = (name: string): string => quietly(() => sessionStorage.getItem(name))() || "";
const write = quietly((name: string, value: string) => sessionStorage.setItem(name, value));
const listed = (place: Storage, start: string): string[] => Object.keys(place).filter((name) => !name.indexOf(start));

/** Later pages of the tab do not carry the link's token. */
export const token = (given: string | null | undefined): string => {
  if (given) {
    write(TOKEN, given);
    // Nor does this page's address, which the page's own analytics may send to others.
    const url = new URL(location.href);
    url.searchParams.delete(ARGUMENTS[0]);
    quietly(() => history.replaceState(history.state, "", url.href))();
  }
  return given || read(TOKEN);
};

/** Whether the admin has opened this tab to have an element picked; on later pages of it too. */
export const isForPicking = (): boolean => {
  if (new URLSearchParams(location.search).has(ARGUMENTS[1])) write(PICK, "1");
  return !!read(PICK);
};

export const entries: Entry[] = quietly((): Entry[] => JSON.parse(read(LOG)))() || [];
export const add = (entry: Entry): void => {
  entries.push(entry);
  if (entries.length > MOST_ENTRIES) entries.shift();
  write(LOG, JSON.stringify(entries));
};

/** What of the visitor was in the browser before; events that wait to be sent are left alone. */
const visitorsOwn = (): string[] => listed(localStorage, OURS).filter((name) => name.indexOf(WAITING));
export const remember = quietly(() => {
  if (read(BEFORE)) return;
  write(BEFORE, JSON.stringify(visitorsOwn().map((name) => [name, localStorage.getItem(name)])));
});
const restore = quietly(() => {
  const before: [string, string][] = JSON.parse(read(BEFORE));
  visitorsOwn().forEach((name) => localStorage.removeItem(name));
  before.forEach(([name, value]) => localStorage.setItem(name, value));
});

/** This tab is an ordinary one again, though the page stays. */
export const leave = (core: Core): void => {
  core.setTest(false);
  quietly(() => listed(sessionStorage, MARK).forEach((name) => sessionStorage.removeItem(name)))();
};

export const end = (core: Core): void => {
  restore();
  leave(core);
  const url = new URL(location.href);
  ARGUMENTS.forEach((name) => url.searchParams.delete(name));
  // Not just another address: one that differs in nothing, or in the fragment alone, would not be loaded.
  history.replaceState(null, "", url.href);
  location.reload();
};
