// Elements and links as they are told: without query and fragment, without number and address.
import type { Properties } from "../types";
import { core, up } from "./firing";

export type Link = HTMLAnchorElement;
export const linkOf = (element: Element): Link => up(element, "a[href],area[href]") as Link;

export const address = ({ protocol, origin, pathname }: Link): string =>
  /^http/.test(protocol) ? origin + pathname : protocol;

/** The event of a link to a phone, a mailbox or a map. */
export const contact = ({ href }: Link): string | false =>
  /^(tel|sms):/.test(href)
    ? "phone_click"
    : /^mailto:/.test(href)
      ? "email_click"
      : /^geo:|\/\/(maps\.|[^/]*(waze\.|openstreetmap|(google|goo|bing)\.[^/]+\/maps))/.test(href) && "map_click";

export const words = (element: Element, link: Link): string => {
  const text = core.text(element);
  return link && contact(link) && /[\d@]/.test(text) ? "" : text;
};

export const facts = (element: Element): Properties => {
  const link = linkOf(element);
  return { cta_text: words(element, link), cta_id: element.getAttribute("id") || "", link_url: link ? address(link) : undefined };
};
