// What changes a page, by the kind of the experiment. A new kind is added here, and in experiments/payloads.
import type { Core } from "../types";
import { cta } from "../variants/cta";
import { form } from "../variants/form";
import { popup } from "../variants/popup";
import type { Given } from "../watching";
import { register } from "../registered";

const KINDS: Record<string, (core: Core, given: Given) => void> = { cta, form, popup };

register("variants", (core: Core, given: Given) => {
  if (!given.over) KINDS[given.one.kind](core, given);
});
