// What somebody may do on this page, without any value. tracking/items.py makes sense of it.
import { selectorOf } from "../selector";
import { register } from "../registered";

/** What links, buttons, fields and forms have in common, as far as it is there. */
type Found = HTMLAnchorElement & HTMLFormElement & HTMLInputElement;

const WANTED =
  "a[href],button,summary,form,audio,video:not([loop]),[role=button],[role=tab],[type=submit],[type=search],[src*=youtube],[src*='vimeo.com']";

register("inventory", (core) => {
  const look = (element: Element) => {
    const { localName, type, form, pathname, protocol, host, className } = element as Found;
    const { paddingLeft, backgroundColor, borderTopWidth } = getComputedStyle(element);
    const { elements } = form || (element as Found);
    // What has no words is often called something.
    const text = element.getAttribute("aria-label") || core.text(element) || className;
    return {
      // Not of a form, where a field of that name would stand in its place.
      kind: (localName != "form" && type) || localName,
      // Who is logged in, and with which number, is nobody's business.
      text: /@|\d{5}/.test(text) ? "" : text,
      fields: elements && Array.from(elements as Iterable<Found>, ({ name, type }) => `${name}:${type}`),
      // Of another site no more than which it is and the first word of the path: never a number or a name.
      to: pathname && (/^h/.test(protocol) ? (host != location.host ? host + /^\/?[a-z]*/.exec(pathname) : "") : protocol),
      file: (/\.(?!html?$|php$)(\w{2,4})$/.exec(pathname) || [])[1],
      drawn: /btn|button|cta|more/i.test(className) || (parseInt(paddingLeft) > 5 && (!/ 0\)$/.test(backgroundColor) || borderTopWidth > "0px")),
    };
  };

  const seen: Record<string, unknown> = {};
  let told = seen;
  const tell = core.quietly(() => {
    // They may have refused since.
    if (core.consent() == "denied") return;
    // A number or a name says which one, not what kind of page it is.
    const path = location.pathname.replace(/\/[^/]*[\d@][^/]*/g, "/*");
    told = core.consent() == "granted" ? sessionStorage : seen;
    if (told["microlift." + path]) return;
    told["microlift." + path] = 1;
    // By all that is said of them but numbers: one in the menu and one in the footer, one for each product.
    const groups: Record<string, Element[]> = {};
    core.found(WANTED).forEach((element) => {
      const item = look(element);
      const name = JSON.stringify(item).replace(/\d/g, "");
      if (element.localName != "a" || item.to || item.file || item.drawn) (groups[name] = groups[name] || []).push(element);
    });
    const items: object[] = [];
    Object.values(groups)
      .slice(0, 100)
      .forEach((all) => {
      const common = selectorOf(all);
      (common ? [all[0]] : all).forEach((one) => items.push({ ...look(one), selector: common || selectorOf([one]) }));
    });
    while (items.length > 100 || JSON.stringify(items).length > 12e3) items.pop();
    const body = JSON.stringify({ path, items });
    // Without cookies, and without the page's query in anybody's log.
    const always: RequestInit = { method: "POST", body, keepalive: true, credentials: "omit", referrerPolicy: "origin" };
    fetch(`${core.host}/v1/inventory?key=${core.key}`, always).catch(() => {});
  });
  // When what loads late is there.
  const later = () => setTimeout(tell, 2000);
  later();
  core.navigated(later);
});
