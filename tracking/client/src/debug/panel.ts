// The panel: whose session it is, the lists, consent, and the way out.
import type { Consent, Core } from "../types";
import type { Corner } from "./corner";
import { fill, make } from "./make";
import { type List, openTabs } from "./tabs";

export interface Panel {
  /** Shows anew what may have changed. */
  refresh: () => void;
  show: (shown: "panel" | "pill" | "nothing") => void;
}
export interface Content {
  /** Whose session it is, and where. */
  who: string;
  /** What is wrong with it; empty where nothing is. */
  note: string;
  lists: List[];
  actions: [text: string, act: () => void][];
}

const CONSENT: Record<Consent, [text: string, look: string]> = {
  granted: ["Consent given", "good"],
  denied: ["Consent refused", "bad"],
  unknown: ["No consent yet: events wait", "wait"],
};

const consentRow = (core: Core, corner: Corner): { element: HTMLElement; draw: () => void } => {
  const said = make("span", { role: "status" });
  const saying = (state: Consent) => () => core.setConsent(state);
  const give = corner.button("Give", "plain", saying("granted"), "Give consent in this test session");
  const refuse = corner.button("Refuse", "plain", saying("denied"), "Refuse consent in this test session");
  let drawn = "";
  const draw = () => {
    const state = core.consent();
    const asks = core.config.consent || state === "denied";
    const [text, look] = asks ? CONSENT[state] : ["No consent is asked for", ""];
    if (text === drawn) return;
    drawn = text;
    fill(said, [make("span", { class: `chip ${look}` }, text)]);
    give.setAttribute("aria-pressed", String(asks && state === "granted"));
    refuse.setAttribute("aria-pressed", String(state === "denied"));
  };
  return { element: make("footer", {}, said, give, refuse), draw };
};

export const openPanel = (core: Core, corner: Corner, { who, note, lists, actions }: Content): Panel => {
  const tabs = openTabs(corner, lists);
  const consent = consentRow(core, corner);
  const dot = () => make("span", { class: "dot" });
  const pill = corner.button("", "pill", () => show("panel"));
  const small = corner.button("–", "", () => show("pill"), "Make the panel small");
  const title = make("div", {}, make("b", {}, "Test session · nothing here is counted"), make("small", {}, who));
  const box = make(
    "section",
    { class: "box", "aria-label": "Microlift test session" },
    make("header", {}, dot(), title, small),
    !!note && make("p", { class: "note wait", role: "alert" }, note),
    ...tabs.elements,
    consent.element,
    make("div", { class: "end" }, ...actions.map(([text, act]) => corner.button(text, "plain", act))),
  );
  corner.root.append(pill, box);
  const refresh = core.quietly(() => {
    consent.draw();
    tabs.refresh();
    const count = lists[0].count();
    fill(pill, [dot(), "Test session", make("i", {}, count === 1 ? "1 event" : `${count} events`)]);
  }) as () => void;
  const show: Panel["show"] = (shown) => {
    const wasInside = !!corner.root.activeElement;
    box.hidden = shown !== "panel";
    pill.hidden = shown !== "pill";
    refresh();
    // Whoever came by keyboard goes on from there.
    if (wasInside && shown === "panel") tabs.focus();
    if (wasInside && shown === "pill") pill.focus();
  };
  corner.heard.push((event) => {
    if (event.type === "keydown" && (event as KeyboardEvent).key === "Escape" && !box.hidden) show("pill");
  });
  core.listeners.consent.push(refresh);
  show("panel");
  return { refresh, show };
};
