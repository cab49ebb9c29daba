// Pages, searches, and what the page's own code says.
import type { Properties, Trigger } from "../types";
import { LAYER } from ".";
import { type Install, core, fire, on, paged } from "./firing";

const view = (trigger: Trigger) =>
  fire(trigger, {
    page_location: `${location.origin}${location.pathname}?${location.search
      .slice(1)
      .split("&")
      .filter((part) => /^utm_/.test(part))
      .join("&")}`.replace(/\?$/, ""),
    page_title: document.title,
  });

export const OTHERS: Record<string, Install> = {
  page_view: (trigger) => paged(() => view(trigger)),
  history_change: (trigger) => paged((again) => (again ? view(trigger) : undefined)),
  site_search: (trigger, { parameters, tell_term }) =>
    paged(() => {
      const query = new URLSearchParams(location.search);
      const term = parameters
        .split(/[\s,]+/)
        .map((name: string) => (query.get(name) || "").trim())
        .find(Boolean);
      const isTold = tell_term === "yes" && !/@|(\d\W?){7}/.test(term);
      if (term) fire(trigger, { search_term: isTold ? term.slice(0, 100) : undefined });
    }),
  custom_event: (trigger, { name }) =>
    on(name, (_, event) => {
      const told: Properties = {};
      const detail = typeof event.detail === "object" ? Object(event.detail) : {};
      Object.keys(detail).forEach((one) => {
        // A text called "value" is what somebody has typed into a field of the page's own making.
        if ((one === "value" ? /nu/ : /st|nu|bo/).test(typeof detail[one])) told[one] = detail[one];
      });
      fire(trigger, told, undefined, event);
    }),
  data_layer: (trigger, { name }) => on(LAYER + name, (_, pushed) => fire(trigger, pushed, undefined, pushed)),
  media_progress: (trigger) => core.load("media", { trigger, fire, paged }),
};
