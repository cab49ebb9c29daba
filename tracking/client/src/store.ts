// What stays in the browser: nothing before it may, and then a random id and what waits to be sent.
import { quietly } from "./dom";
import type { Consent } from "./types";

const local = quietly((name: string) => localStorage.getItem(name));
const setLocal = quietly((name: string, value: string) => {
  localStorage.setItem(name, value);
  return true;
});
export const erase = quietly((name: string) => localStorage.removeItem(name));
// What lasts as long as the tab.
export const noted = quietly((name: string) => JSON.parse(sessionStorage.getItem(name) as string));
export const note = quietly((name: string, value?: unknown) =>
  value ? sessionStorage.setItem(name, JSON.stringify(value)) : sessionStorage.removeItem(name),
);

const OURS = "microlift.";
const ID = "visitor";
const CONSENT = "consent";
const FIRST = "microlift.first";
// Seconds: under 13 months from the first visit; later visits do not renew it.
const LIFE = 390 * 86400;

/** An extension or a law may say it for the visitor: then nobody can agree for them. */
const refused = (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;
// What an earlier page was told: "granted" by the visitor, or "free" by a project that asks nobody.
const before = local(OURS + CONSENT);
export let consent: Consent = refused ? "denied" : before === "granted" ? before : "unknown";
/** Whether the project asks for consent. Until anybody has said so, nothing is stored. */
let required: boolean | undefined = before === "free" ? false : undefined;
let named: string | undefined;
let fresh = false;
export let visitor = "";
/** A browser that keeps nothing would be a new person on every page: it sees the original and is not counted. */
export let counted = true;

export const isAllowed = (): boolean => consent !== "denied" && (consent === "granted" || required === false);
export const kept = (name: string): string | undefined => (isAllowed() && local(OURS + name)) || undefined;
export const keep = (name: string, value: string): void => {
  if (isAllowed()) setLocal(OURS + name, value);
};

export const newId = (): string =>
  // Browsers have randomUUID only on https and localhost.
  crypto.randomUUID ? crypto.randomUUID() : crypto.getRandomValues(new Uint32Array(4)).join("-");
const setCookie = (value: string, seconds: number) => {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${OURS}${ID}=${value}; Max-Age=${seconds}; Path=/; SameSite=Lax${secure}`;
};
const known = quietly((): string | false => {
  const value = local(OURS + ID) || `; ${document.cookie};`.split(`; ${OURS}${ID}=`)[1].split(";")[0];
  const [id, since] = value.split("~");
  return Date.now() - +since < LIFE * 1000 && id;
});
const settle = () => {
  if (named || !isAllowed()) return;
  if (known() !== visitor) {
    const value = `${visitor}~${Date.now()}`;
    if (!setLocal(OURS + ID, value)) quietly(setCookie)(value, LIFE);
    note(FIRST, true);
    counted = known() === visitor;
  }
};

/** Who it is, in memory alone. `id`: the page's own, for which nothing needs to be kept. */
export const meet = (id: string | undefined): void => {
  if (refused) sweep();
  named = id;
  visitor = id || (consent !== "denied" && known()) || "";
  fresh = !visitor;
  visitor = visitor || newId();
};
/** Whether the visitor has been here before; undefined where only the page knows. */
export const returning = (): boolean | undefined => (named ? undefined : !fresh && !noted(FIRST));

let visit = "";
/** The visit of now, and the page it began on. It is over when for half an hour nothing was told. */
export const session = (page: string) => {
  const now = Date.now();
  let [session_id, since, landing_page] = (kept("session") || visit).split(" ");
  if (!(now - +since < 1800000)) {
    session_id = newId();
    landing_page = page;
  }
  visit = `${session_id} ${now} ${landing_page}`;
  if (visitor) keep("session", visit);
  return { landing_page, session_id };
};

const sweep = () => {
  quietly(() =>
    [localStorage, sessionStorage].forEach((place) =>
      // A test session goes on: it is no visitor's.
      Object.keys(place).forEach((name) => /^microlift\.(?!debug)/.test(name) && place.removeItem(name)),
    ),
  )();
  quietly(setCookie)("", 0);
};
export const requireConsent = (asks: boolean): void => {
  // What was kept while nobody needed to agree is not kept on.
  if (asks && before === "free") sweep();
  required = asks;
  if (!asks && consent === "unknown") keep(CONSENT, "free");
  settle();
};
export const forget = (): void => {
  counted = false;
  visitor = visit = "";
  sweep();
};
/** Gives whether that was news. */
export const setConsent = (state: Consent): boolean => {
  if (refused || state === consent || (state !== "granted" && state !== "denied")) return false;
  consent = state;
  if (state === "denied") {
    forget();
  } else {
    // Somebody who had refused comes as a new person.
    visitor = visitor || named || newId();
    counted = true;
    keep(CONSENT, state);
    settle();
  }
  return true;
};
