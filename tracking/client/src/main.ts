// Microlift in the browser: shows variants, tells what was seen and done. Whatever fails, the page stays as it was.
import { type Person, assign } from "./assigning";
import { legalId } from "./attributes";
import { each, found, leaving, navigated, quietly, text, watch } from "./dom";
import { type Facts, ask, empty, farewell, openOutbox, record } from "./outbox";
import { type Previewing, here, isAsked, isPreview, judged } from "./preview";
import { answers, showAll, shown } from "./showing";
import * as store from "./store";
import { listen } from "./triggers";
import type { Answer, Config, Consent, Core, Part, Properties } from "./types";

type Api = Record<string, any>;
type Script = HTMLScriptElement;

// Milliseconds. A change that comes later than this would be seen happening, so the page stays original.
const PATIENCE = 3000;
// For so long at most the page waits unseen, and only where the script stands in its head.
const GUARD = 300;
// Events that wait until somebody has said whether they may be told.
const MOST_HELD = 200;
const DEBUG = "microlift_debug";
const TEST = "microlift.debug";

const script = (document.currentScript || document.querySelector('script[data-key^="pk_"]')) as Script | null;
const api = ((window as Api).microlift = (window as Api).microlift || {}) as Api;

const start = (script: Script, key: string) => {
  const { api: given, visitor: named, guard } = script.dataset;
  const host = (given || script.src.split("/v1/client.js")[0]).replace(/\/$/, "");

  // ---- nothing is painted before it is known what to show ----
  const root = document.documentElement.style;
  const unveil = () => root.removeProperty("opacity");
  if (!document.body && guard !== "off") {
    root.setProperty("opacity", "0", "important");
    setTimeout(unveil, GUARD);
  }

  // ---- events: held until it is known whether they may be told, and as what ----
  const held: Facts[] = [];
  let decided = false;
  let test = here.has(DEBUG) || !!store.noted(TEST);
  const person: Person = { attributes: {} };
  // From where: of the query only the campaign, since the rest may say who it is.
  const context = (
    url = `${location.origin}${location.pathname.replace(/[^/]*(@|%40)[^/]*/g, "*")}?${location.search
      .slice(1)
      .split("&")
      .filter((part) => /^utm_(?!.*(@|%40))/.test(part))
      .join("&")}`,
  ) => ({
    url,
    ...store.session(url),
    attributes: { returning: store.returning() },
    referrer: document.referrer.split("/", 3).join("/"),
  });
  const tell = (facts: Facts) => {
    if (isPreview()) facts.context.preview = true;
    if (test) facts.context.test = true;
    record(facts);
  };
  // Until the answers are there nobody knows whether an argument of the address asks for a preview.
  // What somebody has answered may stand in the dataLayer alone.
  let reading = false;
  const release = (isLast?: boolean) => {
    if (store.isAllowed() && !reading && (decided || isLast || !location.search)) held.splice(0).forEach(tell);
  };
  const track = quietly((name: string, properties?: Properties) => {
    core.listeners.told.forEach((hear) => quietly(hear)(name, properties || {}));
    if (store.consent === "denied") return;
    const facts = { id: store.newId(), name, user_id: person.user, occurred_at: new Date(), properties, context: context() };
    // A copy: what the page changes afterwards was not what it told.
    if (held.length < MOST_HELD) held.push(JSON.parse(JSON.stringify(facts)));
    release();
  });
  const bye = quietly(() => {
    release(true);
    farewell();
  });
  leaving(bye);

  // ---- parts that few pages need ----
  const waiting: Record<string, unknown[]> = {};
  const parts: Record<string, Part> = {};
  const run = (name: string) => {
    if (!parts[name]) return;
    waiting[name].splice(0).forEach((given) => quietly(parts[name])(core, given));
    if (decided) unveil();
  };
  const load = quietly((name: string, given?: unknown) => {
    if (!waiting[name]) {
      waiting[name] = [];
      const part = document.createElement("script");
      part.nonce = script.nonce;
      part.src = `${host}/v1/client/${name}.js`;
      (document.head || document.documentElement).appendChild(part);
    }
    waiting[name].push(given);
    run(name);
  });

  // ---- what the modules and the parts are given ----
  const setConsent = quietly((state: Consent) => {
    if (!store.setConsent(state)) return;
    if (state === "denied") {
      held.length = 0;
      empty();
    } else open();
    release();
    core.listeners.consent.forEach((hear) => quietly(hear)(state));
    again();
  });
  const core: Core = {
    host,
    key,
    script,
    config: { config: 0, consent: true, forms: false, inventory: 0, experiments: {}, triggers: [] },
    visitor: () => store.visitor,
    track: track as Core["track"],
    found,
    text,
    quietly,
    each,
    watch,
    navigated,
    leaving,
    load: load as Core["load"],
    consent: () => (core.config.consent || store.consent === "denied" ? store.consent : "granted"),
    setConsent: setConsent as Core["setConsent"],
    kept: store.kept,
    keep: store.keep,
    setTest(on) {
      test = on;
      store.note(TEST, on);
    },
    answers: () => answers,
    listeners: { told: [], ignored: [], exposed: [], consent: [] },
  };
  const open = () => store.isAllowed() && openOutbox(`${host}/v1/events?key=${key}`, key);

  // ---- what to show ----
  let late = false;
  // An answer for a page that has been left meanwhile, or for somebody else, is none.
  let turn = 0;
  let stale = false;
  const refresh = async () => {
    const mine = ++turn;
    const { now, question } = assign(core.config, person);
    const display = () => late || mine !== turn || showAll(core, now, bye as () => void);
    if (isAsked(core.config)) {
      await new Promise<void>((done) =>
        load("preview", {
          now,
          user: person.user,
          isOpen: !!question,
          done(answers, is, address) {
            Object.assign(now, answers);
            judged(is, address);
            done();
          },
        } as Previewing),
      );
    } else if (question) {
      if (Object.keys(now).length) display();
      const options = { method: "POST", body: JSON.stringify(question) };
      Object.assign(now, (await ask(`${host}/v1/assign?key=${key}`, PATIENCE, options)).assignments);
    }
    display();
  };
  const again = () => {
    if (decided) refresh().catch(() => {});
    else stale = true;
  };

  // ---- begin ----
  const hearing = listen(core);
  store.meet(named && legalId(named));
  // Who has agreed before, or is asked nothing, may be told of at once.
  open();
  const exposed: unknown[] = [];
  core.listeners.exposed.push((...one) => exposed.push(one));
  // One that the page makes later is found then; what it holds is replayed.
  const read = () => {
    reading = false;
    release();
  };
  const findLayer = () => {
    if ((window as Api).dataLayer || script.dataset.datalayer != null) {
      reading = store.consent === "unknown";
      load("datalayer", { hearing, exposed, read });
      setTimeout(read, PATIENCE);
    } else setTimeout(findLayer, 1000);
  };
  findLayer();
  const patient = new Promise<void>((_, give) => setTimeout(give, PATIENCE));
  const configured: Promise<Config> = ask(`${host}/v1/client/${key}.json`, 30000).then((config: Config) => {
    core.config = config;
    store.requireConsent(config.consent);
    open();
    return config;
  });
  // The answers, or the original page: nobody who saw it late is counted for what they did not see.
  const ready = Promise.race([configured.then(refresh), patient])
    .catch(() => {
      // Nobody who would see it change is shown it, nor counted.
      late = !decided;
    })
    .then(() => {
      // What is to be changed is seen when the part that does it has come, or after its 300 ms.
      if (!waiting.variants || parts.variants) unveil();
      decided = true;
      release();
      if (stale) again();
    });
  configured
    .then((config) => {
      // In a test session the panel begins them, drafts instead of what is published.
      if (!test) hearing.begin(config.triggers);
      navigated(() => {
        late = false;
        turn++;
        again();
      });
      if (config.forms) load("forms");
      if (store.consent !== "denied" && Math.random() < config.inventory)
        (window.requestIdleCallback || setTimeout)(() => load("inventory"));
    })
    .catch(() => {});
  if (test) {
    const early: unknown[] = [];
    core.setTest(test);
    core.listeners.told.push((name, properties) => early.push([Date.now(), name, properties]));
    load("debug", { token: here.get(DEBUG), begin: hearing.begin, configured, early });
  }

  // ---- what the page may call, and what it has called before we came ----
  const variant = (experiment: string, callback?: (answer: Answer) => void) => {
    const answer = ready.then(() => shown(experiment));
    if (callback) answer.then(callback);
    return answer;
  };
  const calls: Api = {
    track,
    variant,
    consent: setConsent,
    forget: quietly(() => {
      held.length = 0;
      empty();
      store.forget();
    }),
    identify(user: string) {
      person.user = user;
      again();
    },
    attributes(more: object) {
      Object.assign(person.attributes, more);
      again();
    },
  };
  const call = quietly(([name, ...args]: [string, ...unknown[]]) => calls[name](...args));
  const queued = api.q;
  Object.assign(api, calls, {
    visitor: () => store.visitor,
    part(name: string, part: Part) {
      parts[name] = part;
      run(name);
    },
    q: { push: call },
  });
  if (Array.isArray(queued)) queued.forEach(call);
};

if (script && script.dataset.key && !api.visitor) quietly(start)(script, script.dataset.key);
