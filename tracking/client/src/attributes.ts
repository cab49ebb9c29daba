// What the browser knows of itself and its page, as tracking/attributes.py, devices.py and addresses.py derive it.
import { LONGEST_ADDRESS, parts } from "./pages";
import type { Attributes } from "./types";

// In this order, since each names those that follow, too.
const BROWSERS = ["Edg", "Chrome", "Firefox", "Safari"];

/** An id of the page's own made equal to what the server stores; "" for one that names nobody. */
export const legalId = (raw: string): string => {
  const id = raw.trim().normalize();
  const illegal = /^(0|null|undefined|none|nan|nil|false|true|\[object object]|anonymous|0{8}-(0{4}-){3}0{12})$/i;
  return illegal.test(id) || /[\0-\x1f]|[\ud800-\udfff]/u.test(id) || Array.from(id).length > 200 ? "" : id;
};

/** `returning`: undefined where only the page knows. The id is the caller's. */
export const attributes = (url: string, returning?: boolean): Attributes => {
  const [, host, path, query] = parts(url);
  const agent = navigator.userAgent;
  const known: Attributes = {
    url: url.slice(0, LONGEST_ADDRESS),
    host: host || undefined,
    path: path || undefined,
    query,
    returning,
    referrer: parts(document.referrer)[1] || undefined,
    deviceType: /Mobi/.test(agent) ? "mobile" : "desktop",
    browser: (BROWSERS.find((name) => agent.includes(name)) || "unknown").replace("Edg", "edge").toLowerCase(),
  };
  if (/utm_/.test(query))
    ["Source", "Medium", "Campaign", "Term", "Content"].forEach((name) => {
      const value = new URLSearchParams(query).get(`utm_${name.toLowerCase()}`);
      if (value !== null) known[`utm${name}`] = value;
    });
  return known;
};
