// A pop-up: a window in the middle, or a note in a corner or along the edge, at once or after something was done.
import type { Core } from "../types";
import type { Given } from "../watching";

interface Payload {
  title?: string;
  text?: string;
  button?: string;
  url?: string;
  close?: string;
  after?: string;
  seconds?: number;
  place?: string;
  once_days?: number;
}

const PLACES: Record<string, string> = { corner: "inset:auto 1em 1em auto", bar: "inset:auto 0 0;width:auto;max-width:none" };
const PADDED = "display:inline-block;padding:.6em 1em;border:0;border-radius:.4em;font:inherit;color:inherit;background:";

/** Puts it on the page; gives what takes it away. */
const open = ({ title, text, button, url, close, place }: Payload): (() => void) => {
  const dialog = document.createElement("dialog");
  const note = PLACES[place!];
  const add = (tag: "p" | "a" | "button", words: string | undefined, css: string) => {
    const element = document.createElement(tag) as HTMLAnchorElement;
    element.textContent = words!;
    // Not an attribute: a strict policy of the page allows this and not that.
    element.style.cssText = css;
    if (words) dialog.append(element);
    return element;
  };
  const opener = document.activeElement as HTMLElement;
  const leave = () => {
    // The browser gives the focus of a window back; that of a note is ours to give.
    if (note && dialog.contains(document.activeElement)) opener.focus();
    dialog.close();
    dialog.remove();
  };
  dialog.className = "microlift-popup";
  dialog.setAttribute("aria-label", title || text!);
  dialog.style.cssText =
    // All that a page may say of its own dialogs.
    "position:fixed;inset:0;margin:auto;z-index:9999;box-sizing:border-box;width:26em;max-width:95vw;height:fit-content;" +
    "max-height:95vh;overflow:auto;border:0;border-radius:.6em;padding:1.5em 3em 1.5em 1.5em;" +
    `color:#222;background:#fff;text-align:left;box-shadow:0 0 3em #0006${note ? ";margin:0;" + note : ",0 0 0 99em #0006"}`;
  add("p", title, "margin:0 0 .4em;color:inherit;font-size:1.2em;font-weight:700");
  add("p", text, "margin:0 0 1em;color:inherit");
  const isLink = /^(https?:\/)?\//.test(url || "");
  const act = add(isLink ? "a" : "button", button, PADDED + "#222;color:#fff;text-decoration:none");
  if (isLink) act.href = url!;
  // A link may lead to a place on the same page.
  act.onclick = leave;
  const shut = add("button", "×", PADDED + "none;position:absolute;top:.4em;right:.4em");
  shut.setAttribute("aria-label", close || "Close");
  shut.onclick = leave;
  dialog.onclose = () => dialog.remove();
  dialog.onkeydown = ({ key }) => key === "Escape" && leave();
  document.body.append(dialog);
  // A note takes nobody's place: the focus stays where it was.
  if (note) dialog.setAttribute("open", "");
  else dialog.showModal();
  return leave;
};

/** Whoever sees the original is counted at the moment at which the others see the pop-up. */
export const popup = (core: Core, { one, payload, seen, isIn, undos }: Given): void => {
  const { experiments } = core.config;
  const { told } = core.listeners;
  const offers = ({ title, text }: Payload) => title || text;
  const { after, seconds, once_days }: Payload = [...(one.variants || []).map((variant) => variant.payload), payload].find(offers) || {};
  const name = "popup." + Object.keys(experiments).find((key) => experiments[key] === one);
  let timer = 0;
  const come = core.quietly(() => {
    // Whoever has met nothing may still meet it: another day, or on a page of the test.
    if (isIn || offers(payload)) core.keep(name, "" + Date.now());
    if (offers(payload)) undos.push(open(payload));
    seen();
  });
  const wait = () => {
    timer = timer || setTimeout(come, (seconds || 0) * 1000);
  };
  const hear = (event: string) => event === after && wait();
  // A browser that cannot show it counts nobody, whichever variant they got.
  if (!(window as any).HTMLDialogElement) return;
  if (Date.now() - +(core.kept(name) || 0) < (once_days || 0) * 86400000) return;
  if (after) told.push(hear);
  else wait();
  undos.push(() => {
    if (after) told.splice(told.indexOf(hear), 1);
    clearTimeout(timer);
  });
};
