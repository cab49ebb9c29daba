// A CSS selector for an element that will still find it when the page is built anew: names before places.

// Not what a framework, a build or a count made, which is another one tomorrow.
const LASTS = /^(?!css-|.*(\d{3}|[a-z]\d+[a-z]|__\w*[A-Z]))[a-z/][^"\\?@:#\n\r\f]+$/i;
// What every page has one of; of any other tag the name alone says nothing.
const FRAME = /^(header|nav|main|aside|footer|form)$/;
// Of two words; one word, or a short one and a dash, often says how it looks, or how it is just now.
const TELLS = /^(?!text|font|items|justify|hover)[a-z]{3,}[-_]+[a-z][\w-]+$/;

/** What this element may be called by, the surest first. */
const names = ({ localName, classList, attributes }: Element): string[] => [
  ...Array.from(attributes)
    .filter(({ name, value }) => /^(id|name|href|aria-label|data-(?!state|[\w-]*value).*)$/.test(name) && LASTS.test(value))
    .map(({ name, value }) => (name == "id" ? `#${CSS.escape(value)}` : `${localName}[${name}="${value}"]`)),
  ...Array.from(classList)
    .filter((name) => TELLS.test(name) && LASTS.test(name))
    .map((name) => `${localName}.${name}`),
];

/** Of exactly these elements; empty where several have nothing in common that says it. */
export const selectorOf = (all: Element[]): string => {
  const own = names(all[0]);
  let path = "";
  for (let above: Element | null = all[0]; above; above = above.parentElement) {
    const called = path ? [...names(above), ...(FRAME.test(above.localName) ? [above.localName] : [])] : [""];
    for (const name of called) {
      const tries = own.map((one) => `${name} ${one}`);
      if (path) tries.push(`${name} ${all[0].localName}`);
      if (path && !all[1]) tries.push(name + path);
      const found = tries.find(
        (selector) => document.querySelectorAll(selector).length == all.length && all.every((one) => one.matches(selector)),
      );
      if (found) return found.trim();
    }
    path = ` > ${above.localName}:nth-child(${Array.from((above.parentNode || above).children).indexOf(above) + 1})${path}`;
  }
  return all[1] ? "" : path.slice(3);
};
