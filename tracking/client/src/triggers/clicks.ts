// Clicks, by whatever they are made.
import type { Properties } from "../types";
import { type Install, fire, on, up } from "./firing";
import { type Link, address, contact, facts, linkOf, words } from "./links";

/** What is told of an element is nothing where this is no click for the trigger. */
const clicked =
  <E extends Element>(
    find: (target: Element, params: any) => E | null,
    tell: (element: E, params: any) => Properties | "" | false | null,
    name?: (element: E) => string | false,
  ): Install =>
  (trigger, params) => {
    let last: Element;
    on("click", (target, { detail }) => {
      const element = find(target, params);
      // The second click of a double one.
      if (!element || (detail > 1 && element === last)) return;
      last = element;
      const told = tell(element, params);
      if (told) fire(trigger, told, element, undefined, trigger.event || (name && (name(element) as string)));
    });
  };
const linked = (
  tell: (link: Link, params: any) => Properties | "" | false | null,
  name?: (link: Link) => string | false,
): Install => clicked(linkOf, tell, name);

const told = (link: Link, more?: Properties): Properties => ({
  link_url: address(link),
  link_text: words(link, link),
  link_domain: link.hostname,
  ...more,
});

const bare = (host: string) => host.replace(/^www\./, "");

const file = (link: Link, extensions: string) => {
  const file_name = link.pathname.split("/").pop() as string;
  const file_extension = (file_name.split(".").pop() as string).toLowerCase();
  const isFile = extensions.split(/[\s,.]+/).includes(file_extension) || link.hasAttribute("download");
  return isFile && told(link, { file_name, file_extension, link_domain: undefined });
};

const rage: Install = (trigger) => {
  let burst: MouseEvent[] = [];
  let isTold = false;
  on("click", (target: Element, event: MouseEvent) => {
    const { detail, timeStamp, clientX, clientY } = event;
    // One by keyboard or script has no place.
    if (!detail) return;
    const isNear = ({ clientX: x, clientY: y }: MouseEvent) => Math.hypot(clientX - x, clientY - y) < 30;
    const recent = burst.filter((other) => timeStamp - other.timeStamp < 1000 && isNear(other));
    // However many more come without a pause, it is the same anger.
    isTold = isTold && recent.length > 0;
    burst = recent.concat(event);
    if (isTold || burst.length < 3) return;
    isTold = true;
    fire(trigger, facts(target), target);
  });
};

// By whom, and how their addresses for sharing begin.
const SHARED =
  /\b(facebook|twitter|x|linkedin|reddit|vk|pinterest|whatsapp|wa|t)\.[a-z.]+\/(shar|dialog\/s|intent\/[tp]|submit|pin\/c|send|\?)/;

const share: Install = (trigger, params) => {
  linked((link) => {
    const found = SHARED.exec(link.href);
    return found && { method: found[1] };
  })(trigger, params);
  const original = navigator.share;
  if (original)
    navigator.share = (what) => {
      const shared = original.call(navigator, what);
      shared.then(() => fire(trigger, { method: "browser" })).catch(() => {});
      return shared;
    };
};

export const CLICKS: Record<string, Install> = {
  click: clicked((target, { selector }) => up(target, selector), facts),
  link_click: linked((link, { selector }) => (!selector || up(link, selector)) && told(link)),
  outbound_click: linked(
    (link) =>
      /^http/.test(link.protocol) &&
      bare(link.hostname) !== bare(location.hostname) &&
      told(link, { outbound: true }),
  ),
  download: linked((link, { extensions }) => file(link, extensions)),
  contact_click: linked((link) => contact(link) && { link_text: words(link, link) }, contact),
  rage_click: rage,
  share,
  copy: (trigger, { selector }) =>
    on("copy", (target) => {
      if (!selector || up(target, selector)) fire(trigger, { length: `${getSelection()}`.length }, target);
    }),
};
