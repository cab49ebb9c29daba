// What is done with a picked selector: given to the form that asked for it, or put on the clipboard.
import type { Core } from "../types";
import { make } from "./make";
import type { Take } from "./picker";

const COPIED = "Copied. Paste it into the field.";
// Milliseconds. A form that is still there answers at once.
const PATIENCE = 1500;

const copyOld = (root: ShadowRoot, text: string): boolean => {
  const field = make("textarea", { "aria-hidden": "true" }) as HTMLTextAreaElement;
  field.value = text;
  root.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
};

/** A page without https has no clipboard, but the old way. */
const copy = async (root: ShadowRoot, text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (_) {
    return copyOld(root, text);
  }
};

/** Whether the admin's form at `admin` has taken it. */
const handed = (admin: string, message: object): Promise<boolean> =>
  new Promise((give) => {
    const form = window.opener as Window;
    const hear = ({ origin, source, data }: MessageEvent) => {
      if (origin === admin && source === form && data && data.microlift === "taken") give(true);
    };
    addEventListener("message", hear);
    setTimeout(() => {
      removeEventListener("message", hear);
      give(false);
    }, PATIENCE);
    form.postMessage(message, admin);
  });

/** `admin`: the origin of the admin that has opened this tab to have something picked; empty where none has. */
export const taking =
  (core: Core, root: ShadowRoot, admin: string): Take =>
  async (selector, text) => {
    const isAsked = !!admin && !!window.opener;
    if (isAsked && (await handed(admin, { microlift: "picked", selector, text }))) {
      window.close();
      return "Written into the form. You can close this tab.";
    }
    const why = isAsked ? "The form that asked for it does not answer any more. " : "";
    const done = await core.quietly(copy)(root, selector);
    return why + (done ? COPIED : "Mark the selector above and copy it.");
  };
