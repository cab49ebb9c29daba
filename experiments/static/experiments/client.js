// Microlift in the browser: shows variants, tells what was seen and clicked. Whatever fails, the page stays as it was.
// Served by experiments.api.client without these comments, which therefore stand on lines of their own.
(() => {
  "use strict";
  const script = document.currentScript || document.querySelector('script[data-key^="pk_"]');
  const api = (window.microlift = window.microlift || {});
  if (!script || !script.dataset.key || api.visitor) return;

  const { key, api: given, visitor: named } = script.dataset;
  const host = (given || script.src.split("/v1/client.js")[0]).replace(/\/$/, "");
  const EVENTS = `${host}/v1/events?key=${key}`;
  // Milliseconds. A change that comes later than this would be seen happening, so the page stays original.
  const PATIENCE = 3000;

  // Nothing of ours may break the page: what could throw is called through here.
  const quietly = (work, otherwise) => (...args) => {
    try {
      return work(...args);
    } catch (error) {
      return otherwise;
    }
  };
  const read = quietly((name) => localStorage.getItem(name));
  const write = quietly((name, value) => !localStorage.setItem(name, value));
  const erase = quietly((name) => localStorage.removeItem(name));

  // ---- who ----
  const ID = "microlift.visitor";
  // Seconds: under 13 months from the first visit; later visits do not renew it.
  const LIFE = 390 * 86400;

  const newId = () =>
    // Browsers have randomUUID only on https and localhost.
    crypto.randomUUID ? crypto.randomUUID() : crypto.getRandomValues(new Uint32Array(4)).join("-");
  const setCookie = (value, seconds) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${ID}=${value}; Max-Age=${seconds}; Path=/; SameSite=Lax${secure}`;
  };
  const kept = quietly(() => {
    const value = read(ID) || `; ${document.cookie};`.split(`; ${ID}=`)[1].split(";")[0];
    const [id, since] = value.split("~");
    return Date.now() - since < LIFE * 1000 && id;
  });
  const keep = quietly((value) => write(ID, value) || setCookie(value, LIFE));

  let visitor = named || kept();
  if (!visitor) keep(`${(visitor = newId())}~${Date.now()}`);
  // A browser that keeps nothing would be a new person on every page: it sees the original and is not counted.
  let counted = named || kept() === visitor;

  // ---- events: kept until the server has confirmed them; their ids make repeating harmless ----
  const STORED = `microlift.event.${key}.`;
  const MOST = 200;
  // Characters of an event, and of a batch: browsers give the requests that outlive a page 64 KB in all.
  const LARGEST = 16000;
  const ROOM = 20000;
  const outbox = new Map();
  const said = new Set();
  let timer = 0;
  let sending = false;
  let failures = 0;

  const drop = (id) => {
    outbox.delete(id);
    erase(STORED + id);
  };
  const later = () => {
    const wait = failures ? Math.min(1000 * 2 ** failures, 60000) * (1 - Math.random() / 2) : 200;
    if (!timer && !sending) timer = setTimeout(send, wait);
  };
  const track = quietly((name, properties) => {
    const id = newId();
    const event = JSON.stringify({ id, name, visitor_id: visitor, occurred_at: new Date(), properties });
    if (!counted || event.length > LARGEST) return;
    if (outbox.size >= MOST) drop(outbox.keys().next().value);
    outbox.set(id, event);
    write(STORED + id, event);
    later();
  });
  const batch = (skipped) => {
    const ids = [];
    let events = "";
    outbox.forEach((event, id) => {
      if (skipped.has(id) || (events && events.length + event.length > ROOM)) return;
      ids.push(id);
      said.add(id);
      events += (events && ",") + event;
    });
    return { ids, body: `{"sent_at":"${new Date().toISOString()}","events":[${events}]}` };
  };
  const ask = async (address, patience, options) => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), patience);
    // A body of plain text needs no preflight; "origin" keeps the page's query string out of logs.
    const always = { credentials: "omit", referrerPolicy: "origin", signal: abort.signal };
    const answer = await fetch(address, Object.assign(always, options));
    if (!answer.ok) throw answer.status;
    return answer.json();
  };
  const send = async () => {
    timer = 0;
    const { ids, body } = batch(new Set());
    if (!ids.length) return;
    sending = true;
    let settled;
    try {
      // "results" and not just 200: a hotel's login page answers 200 as well.
      settled = (await ask(EVENTS, 10000, { method: "POST", body, keepalive: true })).results;
    } catch (status) {
      // Our own mistakes are not repeated; a timeout, "too many" and the server's mistakes are.
      settled = status >= 400 && status < 500 && status !== 408 && status !== 429;
    }
    sending = false;
    failures = settled ? 0 : failures + 1;
    ids.forEach((id) => (settled ? drop(id) : said.delete(id)));
    if (outbox.size && failures < 6) later();
  };
  // Nobody learns what became of a beacon, so its events stay stored and the next page sends them again.
  const farewell = quietly(() => {
    for (let part; (part = batch(said)).ids.length; ) navigator.sendBeacon(EVENTS, part.body);
  });
  addEventListener("pagehide", farewell);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && farewell());
  quietly(() =>
    Object.keys(localStorage).forEach((name) => {
      if (!name.startsWith(STORED)) return;
      if (outbox.size < MOST) outbox.set(name.slice(STORED.length), read(name));
      else erase(name);
      later();
    }),
  )();

  // ---- clicks ----
  const isButton = (element) => element.matches("input[type=submit],input[type=button]");
  const TYPED = "input,select,textarea,[contenteditable]";
  const textOf = (element) => {
    if (isButton(element)) return element.value;
    const typed = element.matches(TYPED) || element.isContentEditable || element.querySelector(TYPED);
    return typed ? "" : element.textContent;
  };
  const urlOf = ({ protocol, origin, pathname }) => (/^http/.test(protocol) ? origin + pathname : protocol);
  const told = (element) => {
    const link = element.closest("a[href]");
    return {
      // By code points: half of an emoji would spoil the event.
      cta_text: Array.from(textOf(element).replace(/\s+/g, " ").trim()).slice(0, 100).join(""),
      cta_id: element.id,
      page_path: location.pathname,
      link_url: link ? urlOf(link) : undefined,
    };
  };
  let clicks;
  const early = [];
  const clicked = (target) => {
    const names = new Set();
    clicks.forEach(
      quietly(({ event, selector }) => {
        const element = target.closest(selector);
        if (element && !names.has(event)) track(event, told(element));
        if (element) names.add(event);
      }),
    );
  };
  const hear = quietly(({ target }) => (clicks ? clicked(target) : early.push(target)));
  document.addEventListener("click", hear, true);

  // ---- variants ----
  // None for an illegal selector, and for none: "" is illegal.
  const found = quietly((selector) => document.querySelectorAll(selector || ""), []);
  const change = (element, { text, background, color }) => {
    if (text) element[isButton(element) ? "value" : "textContent"] = text;
    if (background) element.style.setProperty("background", background, "important");
    if (color) element.style.setProperty("color", color, "important");
  };
  // Changes what is there and what comes while the page grows; calls seen() at the first visible pixel. The watched
  // elements are the same for every variant, the original too: being counted must not depend on what is shown.
  const show = (selectors, payload, seen) => {
    const changed = new WeakSet();
    const eyes = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.intersectionRatio > 0)) return;
        eyes.disconnect();
        seen();
      },
      { threshold: [0, 0.01] },
    );
    const look = () => {
      found(payload.selector).forEach((element) => {
        if (!changed.has(element)) change(element, payload);
        changed.add(element);
      });
      selectors.forEach((selector) => found(selector).forEach((element) => eyes.observe(element)));
      return document.readyState !== "loading" && selectors.every((selector) => found(selector).length);
    };
    if (look()) return;
    const growth = new MutationObserver(() => look() && growth.disconnect());
    growth.observe(document, { childList: true, subtree: true });
  };
  const met = new Map();
  const meet = quietly((experiment, { selectors }, answer) => {
    let counts = answer.in_experiment;
    const seen = () => {
      if (counts) track("experiment_viewed", { experiment, variant: answer.variant });
      counts = false;
    };
    met.set(experiment, { answer, called: selectors ? () => {} : seen });
    if (selectors) show(selectors, answer.payload || {}, seen);
  });

  const configured = ask(`${host}/v1/client/${key}.json`, PATIENCE);
  const asked = { method: "POST", body: JSON.stringify({ visitor_id: visitor }) };
  const assigned = counted ? ask(`${host}/v1/assign?key=${key}`, PATIENCE, asked) : Promise.reject();
  // Both answers or the original page: without the first we could not tell who has seen what.
  const ready = Promise.all([configured, assigned])
    .then(([{ experiments }, { assignments }]) =>
      Object.keys(experiments).forEach((name) => assignments[name] && meet(name, experiments[name], assignments[name])),
    )
    .catch(() => {});
  configured
    .then((configuration) => {
      clicks = configuration.clicks;
      early.forEach(clicked);
    })
    .catch(() => document.removeEventListener("click", hear, true));

  // ---- what the page may call, and what it has called before we came ----
  const variant = (experiment, callback) => {
    const answer = ready.then(() => {
      const one = met.get(experiment);
      if (!one) return { variant: null, in_experiment: false, reason: "unavailable", payload: null };
      one.called();
      return one.answer;
    });
    if (callback) answer.then(callback);
    return answer;
  };
  const forget = quietly(() => {
    counted = false;
    visitor = "";
    outbox.forEach((event, id) => drop(id));
    erase(ID);
    setCookie("", 0);
  });
  const run = quietly(([name, ...args]) => ({ track, variant, forget })[name](...args));
  const queued = api.q;
  Object.assign(api, { visitor: () => visitor, track, variant, forget, q: { push: run } });
  if (Array.isArray(queued)) queued.forEach(run);
})();
