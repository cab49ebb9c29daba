// Events, kept until the server has confirmed them; their ids make repeating harmless.
import { quietly } from "./dom";
import { counted, erase, isAllowed, visitor } from "./store";

const MOST = 200;
// Characters of an event, and of a batch: browsers give the requests that outlive a page 64 KB in all.
const LARGEST = 16000;
const ROOM = 20000;

const outbox = new Map<string, string>();
const said = new Set<string>();
let address = "";
let stored = "";
let timer: ReturnType<typeof setTimeout> | 0 = 0;
let sending = false;
let failures = 0;

export const ask = async (url: string, patience: number, options?: RequestInit): Promise<any> => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), patience);
  // A body of plain text needs no preflight; "origin" keeps the page's query string out of logs.
  const always: RequestInit = { credentials: "omit", referrerPolicy: "origin", signal: abort.signal };
  const answer = await fetch(url, Object.assign(always, options));
  if (!answer.ok) throw answer.status;
  return answer.json();
};

const drop = (id: string) => {
  outbox.delete(id);
  erase(stored + id);
};
const later = () => {
  const wait = failures ? Math.min(1000 * 2 ** failures, 60000) * (1 - Math.random() / 2) : 200;
  if (!timer && !sending) timer = setTimeout(send, wait);
};
const batch = (waiting: [id: string, event: string][]) => {
  const ids: string[] = [];
  let events = "";
  waiting.forEach(([id, event]) => {
    if (events && events.length + event.length > ROOM) return;
    ids.push(id);
    said.add(id);
    events += (events && ",") + event;
  });
  return { ids, body: `{"sent_at":"${new Date().toISOString()}","events":[${events}]}` };
};
const send = async () => {
  timer = 0;
  const { ids, body } = batch(Array.from(outbox));
  if (!ids.length) return;
  sending = true;
  let settled: unknown;
  try {
    // "results" and not just 200: a hotel's login page answers 200 as well.
    settled = (await ask(address, 10000, { method: "POST", body, keepalive: true })).results;
  } catch (status) {
    // Our own mistakes are not repeated; a timeout, "too many" and the server's mistakes are.
    settled = (status as number) >= 400 && (status as number) < 500 && status !== 408 && status !== 429;
  }
  sending = false;
  failures = settled ? 0 : failures + 1;
  ids.forEach((id) => (settled ? drop(id) : said.delete(id)));
  if (outbox.size && failures < 6) later();
};

export interface Facts {
  id: string;
  visitor_id?: string;
  context: Record<string, unknown>;
}

/** Where to, and what an earlier page could not send; asked once it is allowed to store anything. */
export const openOutbox = quietly((url: string, key: string) => {
  address = url;
  stored = `microlift.event.${key}.`;
  Object.keys(localStorage).forEach((name) => {
    const id = name.slice(stored.length);
    if (name.indexOf(stored) || outbox.has(id)) return;
    if (outbox.size < MOST) outbox.set(id, localStorage.getItem(name) as string);
    else erase(name);
    later();
  });
});
export const record = quietly((facts: Facts) => {
  if (!counted || !isAllowed()) return;
  facts.visitor_id = visitor;
  const event = JSON.stringify(facts);
  if (event.length > LARGEST) return;
  if (outbox.size >= MOST) drop(outbox.keys().next().value as string);
  outbox.set(facts.id, event);
  quietly(() => localStorage.setItem(stored + facts.id, event))();
  later();
});
// Nobody learns what became of a beacon, so its events stay stored and the next page sends them again. The newest first:
// there is room for some only, and what earlier pages have left has most likely arrived.
export const farewell = quietly(() => {
  const unsaid = () => Array.from(outbox).filter(([id]) => !said.has(id));
  for (let part; (part = batch(unsaid().reverse())).ids.length; ) navigator.sendBeacon(address, part.body);
});
export const empty = (): void => outbox.forEach((_, id) => drop(id));
