// Whether this tab previews: what it shows then is a part of its own, which visitors never load.
import { noted } from "./store";
import type { Answer, Config } from "./types";

export const KEPT = "microlift.preview";
export const LINK = "microlift_preview";
export const here = new URLSearchParams(location.search);

/** What the part is given, and says in `done`: the answers, and how an address of the same preview is written. */
export interface Previewing {
  now: Record<string, Answer>;
  user?: string;
  /** Whether some of the experiments only the server can decide. */
  isOpen: boolean;
  done(now: Record<string, Answer>, isPreview: boolean, inPreview: (address: string) => string): void;
}

// A link is believed until it is judged.
let preview: unknown = noted(KEPT) || here.has(LINK);
export let inPreview = (address: string): string => address;
export const isPreview = (): boolean => !!preview;
/** An argument may name an experiment, as in GrowthBook. */
export const isAsked = ({ experiments }: Config): boolean =>
  isPreview() || Object.keys(experiments).some((name) => here.has(name));
export const judged = (is: boolean, address: typeof inPreview): void => {
  preview = is;
  inPreview = address;
};
