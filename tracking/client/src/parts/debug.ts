// The panel of a test session: loaded in a tab that was opened from the admin, never for visitors.
import { openCorner } from "../debug/corner";
import { taking } from "../debug/handing";
import { type Panel, openPanel } from "../debug/panel";
import { openPicker } from "../debug/picker";
import { type Listed, type Session, failing, listed, open, running } from "../debug/session";
import type { List } from "../debug/tabs";
import { add, end, entries, isForPicking, leave, remember, token } from "../debug/tab";
import { experimentsView, goalsView, happeningsView, triggersView } from "../debug/views";
import { silenceOf } from "../debug/words";
import type { Core, Properties, Trigger } from "../types";
import { register } from "../registered";

/** What the core gives to the part. */
interface Given {
  /** Of the address; on later pages of the tab there is none. */
  token: string | null;
  /** Starts the triggers, once. */
  begin: (triggers: Trigger[]) => void;
  /** The configuration is known, or will never be. */
  configured: Promise<unknown>;
  /** What was told before this part came. */
  early: [at: number, name: string, properties?: Properties][];
}

// Milliseconds.
const PATIENCE = 4000;
const NOTES: Record<string, string> = {
  refused: "This link is not valid any more: drafts and goals are not shown. Open a new one from the admin.",
  away: "Microlift did not answer: drafts and goals are not shown. Load the page again to try once more.",
};

/** Writes down what is told from now on, and what was told before. */
const listen = (core: Core, early: Given["early"], triggers: Listed[], changed: () => void): Record<string, string> => {
  const seen: Record<string, string> = {};
  const told = (at: number, name: string, properties?: Properties) => {
    add({ at, path: location.pathname, name, properties });
    if (name === "experiment_viewed" && properties) seen[String(properties.experiment)] = String(properties.variant);
    changed();
  };
  early.splice(0).forEach((one) => told(...one));
  core.listeners.told.push((name, properties) => told(Date.now(), name, properties));
  core.listeners.ignored.push((trigger, why) => {
    const condition = failing(trigger, why);
    if (condition === null) return;
    const known = triggers.find((one) => one.trigger.key === trigger.key);
    const name = known ? known.name : trigger.key;
    add({ at: Date.now(), path: location.pathname, name, why: silenceOf(condition) });
    changed();
  });
  return seen;
};

const lists = (core: Core, session: Session, triggers: Listed[], seen: Record<string, string>): List[] => {
  const goals = typeof session === "object" ? session.goals : [];
  const events = () => entries.filter(({ why }) => why === undefined).length;
  const experiments = () => Object.keys(core.config.experiments).length;
  return [
    { title: "Events", count: events, show: () => happeningsView(entries, goals, triggers) },
    { title: "Goals", count: () => goals.length, show: () => goalsView(goals, entries) },
    { title: "Experiments", count: experiments, show: () => experimentsView(core, seen) },
    { title: "Triggers", count: () => triggers.length, show: () => triggersView(triggers, entries) },
  ];
};

const whose = (session: Session): string =>
  typeof session === "object" && session.author ? `${session.author} · ${location.host}` : location.host;

const openAll = (core: Core, session: Session, triggers: Listed[], seen: Record<string, string>): Panel => {
  const isOpen = typeof session === "object";
  const corner = openCorner();
  const wantsPick = isOpen && isForPicking();
  const admin = wantsPick ? session.admin || new URL(core.host).origin : "";
  const pick = () => {
    panel.show("nothing");
    picker.start();
  };
  const panel = openPanel(core, corner, {
    who: whose(session),
    note: isOpen ? "" : NOTES[session],
    lists: lists(core, session, triggers, seen),
    actions: [
      ...(isOpen ? ([["Pick an element", pick]] as [string, () => void][]) : []),
      ["End debugging", () => end(core)],
    ],
  });
  const picker = openPicker(core, corner, taking(core, corner.root, admin), () => panel.show("panel"));
  if (wantsPick) pick();
  // What has no listener, such as answers that come late, or a page that builds itself anew and drops us.
  setInterval(() => {
    if (!corner.host.isConnected) document.documentElement.append(corner.host);
    panel.refresh();
  }, 1000);
  return panel;
};

const debug = async (core: Core, given: Given): Promise<void> => {
  remember();
  const opening = open(core, token(given.token));
  // A server that does not answer is no reason to show nothing.
  await Promise.race([given.configured.catch(() => {}), new Promise((give) => setTimeout(give, PATIENCE))]);
  const session = await opening;
  // A link that somebody has passed on makes nobody's visit a test.
  if (session === "refused") leave(core);
  const triggers = listed(core.config.triggers, session);
  let panel: Panel | undefined;
  let soon = 0;
  const changed = () => {
    if (!soon) soon = requestAnimationFrame(() => ((soon = 0), panel && panel.refresh()));
  };
  const seen = listen(core, given.early, triggers, changed);
  given.begin(running(triggers));
  // A frame of the page belongs to the session of the page.
  if (window.top === window) panel = openAll(core, session, triggers, seen);
};

register("debug", (core, given: Given) => void debug(core, given));
