// What a preview shows, its badge and the way out of it: loaded in a tab that previews, never for visitors.
import { KEPT, LINK, type Previewing, here } from "../preview";
import type { Answer, Core, Experiment } from "../types";
import { register } from "../registered";

interface Kept {
  /** The arguments that ask for it, and by experiment the variant that they show. */
  asked: [string, string][];
  shown: Record<string, string | null>;
}
type Answers = Record<string, Answer>;

/** An address with the arguments of the preview. */
const within = (kept: Kept | null, address: string): URL => {
  const url = new URL(address, location.href);
  const more = kept ? kept.asked.filter(([name]) => !url.searchParams.has(name)) : [];
  // In front, since a very long address is cut at its end.
  if (more.length) url.search = `${new URLSearchParams(more)}&${url.search.slice(1)}`;
  return url;
};

/** The index of a variant that is asked for by its number or key; below 0 for none. */
const forced = ({ variants }: Experiment, asked: string | null): number => {
  const byKey = variants.findIndex(({ key }) => key === asked);
  return byKey >= 0 ? byKey : asked && /^\d{1,3}$/.test(asked) && variants[+asked] ? +asked : -1;
};

/** The configuration knows what runs; a draft tells itself what it is. */
const draft = ({ experiments }: Core["config"], now: Answers) =>
  Object.keys(now).forEach((name) => {
    const { reason, kind, payload, variant } = now[name];
    if (experiments[name] || reason !== "preview" || !kind) return;
    const selector = payload && (payload.selector as string);
    const variants = [{ key: variant as string, payload: payload || {} }];
    const selectors = selector ? [selector] : kind === "json" ? null : [];
    experiments[name] = { phase: 0, kind, state: "running", control: 0, selectors, variants, decide: null };
  });

const override = (core: Core, now: Answers, asked: URLSearchParams) => {
  const { experiments } = core.config;
  Object.keys(experiments).forEach((name) => {
    const one = experiments[name];
    const index = forced(one, asked.get(name));
    if (index < 0) return;
    const { key, payload } = one.variants[index];
    now[name] = { variant: key, in_experiment: false, reason: "preview", payload, phase: one.phase };
  });
};

/** Only the server can tell what a link shows, and then it tells all. */
const answered = async (core: Core, url: URL, user?: string): Promise<Answers> => {
  const attributes = { url: url.href.slice(0, 1000) };
  const body = JSON.stringify({ visitor_id: core.visitor() || "preview", user_id: user, attributes });
  const answer = await fetch(`${core.host}/v1/assign?key=${core.key}`, {
    method: "POST",
    body,
    credentials: "omit",
    referrerPolicy: "origin",
  });
  return (await answer.json()).assignments;
};

/** What of it holds after these answers. An experiment that does not run on this page is still previewed on others. */
const judge = (kept: Kept | null, now: Answers, url: URL): Kept | null => {
  const shown = kept ? kept.shown : {};
  Object.keys(now).forEach((name) => {
    const { reason, variant } = now[name];
    if (reason === "preview") shown[name] = variant;
    else if (reason !== "outside_page") delete shown[name];
    else if (here.has(LINK) && !shown[name]) shown[name] = name;
  });
  const asked = Array.from(url.searchParams).filter(([name]) => name === LINK || shown[name]) as [string, string][];
  return Object.keys(shown).length ? { asked, shown } : null;
};

const element = <K extends keyof HTMLElementTagNameMap>(tag: K, text: string, style: string) => {
  const made = document.createElement(tag);
  made.textContent = text;
  // By script: a policy for styles forbids attributes, and not this.
  made.style.cssText = style;
  return made;
};

let host: HTMLElement | undefined;
const badge = ({ shown }: Kept) => {
  const names = Object.keys(shown);
  const end = () => {
    sessionStorage.removeItem(KEPT);
    const url = new URL(location.href);
    [LINK].concat(names).forEach((name) => url.searchParams.delete(name));
    // Not just another address: one that differs in nothing, or in the fragment alone, would not be loaded.
    history.replaceState(null, "", url.href);
    location.reload();
  };
  if (host) host.remove();
  host = element("div", "", "all:initial;position:fixed;left:12px;bottom:12px;z-index:2147483647");
  const box = element(
    "div",
    "",
    "display:flex;gap:12px;align-items:center;padding:8px 8px 8px 14px;border-radius:8px;" +
      "font:14px/20px system-ui,sans-serif;color:white;background:midnightblue;box-shadow:0 2px 8px gray",
  );
  const what = names.map((name) => shown[name]).join(", ");
  const button = element("button", "End preview", "font:inherit;cursor:pointer;padding:2px 10px");
  box.setAttribute("role", "status");
  button.addEventListener("click", end);
  box.append(element("span", `Preview: ${what} · not counted`, ""), button);
  // Out of reach of the page's styles and of scripts that look for elements.
  host.attachShadow({ mode: "open" }).append(box);
  document.documentElement.append(host);
};

const preview = async (core: Core, given: Previewing) => {
  const before: Kept | null = JSON.parse(sessionStorage.getItem(KEPT) as string);
  const url = within(before, location.href);
  let { now } = given;
  if (given.isOpen || url.searchParams.has(LINK)) now = await answered(core, url, given.user);
  draft(core.config, now);
  override(core, now, url.searchParams);
  const kept = judge(before, now, url);
  if (kept) sessionStorage.setItem(KEPT, JSON.stringify(kept));
  else sessionStorage.removeItem(KEPT);
  given.done(now, !!kept, (address) => within(kept, address).href);
  if (kept) badge(kept);
};

register("preview", (core, given: Previewing) => {
  preview(core, given).catch(() => {});
});
