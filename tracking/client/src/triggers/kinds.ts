// The kinds of triggers. A new one is one function and one line in its module, and one line in tracking/trigger_kinds.py.
import { CLICKS } from "./clicks";
import type { Install } from "./firing";
import { FORMS } from "./forms";
import { OTHERS } from "./others";
import { SEEN } from "./seeing";
import { TIMES } from "./time";

export const KINDS: Record<string, Install> = { ...CLICKS, ...FORMS, ...SEEN, ...TIMES, ...OTHERS };
