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
  // What lasts as long as the tab.
  const noted = quietly((name) => JSON.parse(sessionStorage.getItem(name)));
  const note = quietly((name, value) =>
    value ? sessionStorage.setItem(name, JSON.stringify(value)) : sessionStorage.removeItem(name),
  );

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
  // On all pages of the tab in which somebody came for the first time.
  const FIRST = "microlift.first";
  if (!visitor) {
    keep(`${(visitor = newId())}~${Date.now()}`);
    note(FIRST, true);
  }
  // A browser that keeps nothing would be a new person on every page: it sees the original and is not counted.
  let counted = named || kept() === visitor;

  // ---- preview: its links and arguments hold for the tab, and what is done in one is told as such ----
  const PREVIEW = "microlift.preview";
  const LINK = "microlift_preview";
  const here = new URLSearchParams(location.search);
  // The arguments that ask for it, and by experiment the variant that they show. A link is believed until it is judged.
  let preview = noted(PREVIEW) || (here.has(LINK) && { asked: [], shown: {} });
  // Until the server has answered, nobody knows whether an argument asks for one, and events wait.
  let undecided = !!location.search;
  const inPreview = (address) => {
    const url = new URL(address);
    const more = preview ? preview.asked.filter(([name]) => !url.searchParams.has(name)) : "";
    // In front, since a very long address is cut at its end.
    if (more.length) url.search = `${new URLSearchParams(more)}&${url.search.slice(1)}`;
    return url.href;
  };
  // An experiment that does not run on this page is still previewed on others.
  const judge = quietly((assignments) => {
    const shown = preview ? preview.shown : {};
    Object.keys(assignments).forEach((name) => {
      const { reason, variant } = assignments[name];
      if (reason === "preview") shown[name] = variant;
      else if (reason !== "outside_page") delete shown[name];
      else if (here.has(LINK) && !shown[name]) shown[name] = name;
    });
    const asked = Array.from(new URL(inPreview(location.href)).searchParams).filter(([name]) => name === LINK || shown[name]);
    preview = Object.keys(shown).length && { asked, shown };
    note(PREVIEW, preview);
  });
  // Says so on the page. A part of its own, which visitors never load.
  const badge = quietly(() => {
    const part = document.createElement("script");
    part.nonce = script.nonce;
    part.src = `${host}/v1/client/preview.js`;
    document.head.append(part);
  });

  // ---- events: kept until the server has confirmed them; their ids make repeating harmless ----
  const STORED = `microlift.event.${key}.`;
  const MOST = 200;
  // Characters of an event, and of a batch: browsers give the requests that outlive a page 64 KB in all.
  const LARGEST = 16000;
  const ROOM = 20000;
  const outbox = new Map();
  const said = new Set();
  const doubtful = [];
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
  // From where: of the query only the campaign, since the rest may say who it is.
  const context = () => ({
    url: `${location.origin}${location.pathname}?${location.search.slice(1).split("&").filter((part) => /^utm_/.test(part)).join("&")}`,
    referrer: document.referrer.split("/", 3).join("/"),
    attributes: { returning: named ? undefined : !noted(FIRST) },
  });
  const record = quietly((facts) => {
    if (preview) facts.context.preview = true;
    const event = JSON.stringify(facts);
    if (!counted || event.length > LARGEST) return;
    if (outbox.size >= MOST) drop(outbox.keys().next().value);
    outbox.set(facts.id, event);
    write(STORED + facts.id, event);
    later();
  });
  const track = (name, properties) => {
    const facts = { id: newId(), name, visitor_id: visitor, occurred_at: new Date(), properties, context: context() };
    if (undecided) doubtful.push(facts);
    else record(facts);
  };
  const decide = () => {
    undecided = false;
    doubtful.splice(0).forEach(record);
  };
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
    decide();
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
  // Leaves for the variant's page with this page's query and fragment; stays where it would lead to this page.
  const LEFT = "microlift.left";
  const leave = quietly((address) => {
    const target = new URL(address, location.href);
    const given = new URLSearchParams(target.search);
    here.forEach((value, name) => given.has(name) || target.searchParams.append(name, value));
    target.hash = target.hash || location.hash;
    // A page that sends its visitors back to this one would send them to and fro for ever.
    if (target.href === location.href || Date.now() - noted(LEFT) < 2000) return;
    note(LEFT, Date.now());
    farewell();
    location.replace(inPreview(target.href));
  });
  const met = new Map();
  const meet = quietly((experiment, { selectors, redirect }, answer) => {
    const payload = answer.payload || {};
    const { variant, phase } = answer;
    let counts = answer.in_experiment;
    const seen = () => {
      if (counts) track("experiment_viewed", { experiment, variant, phase });
      counts = false;
    };
    met.set(experiment, { answer, called: selectors || redirect ? () => {} : seen });
    if (selectors) show(selectors, payload, seen);
    if (redirect) {
      // For those who stay as for those who leave.
      seen();
      if (payload.url) leave(payload.url);
    }
  });
  // The configuration knows what runs; a draft tells itself what it is.
  const draft = ({ reason, kind, payload }) =>
    reason === "preview" && { selectors: kind === "cta" && [payload.selector], redirect: kind === "redirect" };

  const configured = ask(`${host}/v1/client/${key}.json`, PATIENCE);
  const attributes = {
    // Longer ones the server leaves out.
    url: inPreview(location.href).slice(0, 1000),
    referrer: document.referrer.split(/[?#]/)[0],
    returning: named ? undefined : !noted(FIRST),
  };
  const question = { method: "POST", body: JSON.stringify({ visitor_id: visitor, attributes }) };
  const asks = counted || preview || here.has(LINK);
  const assigned = asks ? ask(`${host}/v1/assign?key=${key}`, PATIENCE, question) : Promise.reject();
  // Both answers or the original page: without the first we could not tell who has seen what.
  const ready = Promise.all([configured, assigned])
    .then(([{ experiments }, { assignments }]) => {
      judge(assignments);
      Object.keys(assignments).forEach((name) => {
        const known = experiments[name] || draft(assignments[name]);
        if (known) meet(name, known, assignments[name]);
      });
    })
    .catch(() => {})
    .then(() => {
      decide();
      if (preview) badge();
    });
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
    doubtful.length = 0;
    outbox.forEach((event, id) => drop(id));
    erase(ID);
    [FIRST, PREVIEW, LEFT].forEach((name) => note(name));
    setCookie("", 0);
  });
  const run = quietly(([name, ...args]) => ({ track, variant, forget })[name](...args));
  const queued = api.q;
  Object.assign(api, { visitor: () => visitor, track, variant, forget, q: { push: run } });
  if (Array.isArray(queued)) queued.forEach(run);
})();
