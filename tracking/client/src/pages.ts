// The pages of an experiment, read as experiments/pages.py reads them.
import type { PagePattern } from "./types";

// Longer ones are not told to the server, so they are read up to here in the browser as well.
export const LONGEST_ADDRESS = 1000;
// RFC 3986, appendix B; a lone "?" or "#" at the end says nothing and is left out.
const PARTS = /^((?:[^:/?#]+:)?(?:\/\/([^/?#]*))?)([^?#]*)(\?[^#]+)?\??(#.+)?/;

/** Of an address: all before the path, the host in it, path, query and fragment, the last two with their signs. */
export const parts = (url: string): string[] => PARTS.exec(url.slice(0, LONGEST_ADDRESS))!.slice(1).map((part) => part || "");

// Unlike decodeURIComponent it takes whatever strangers put into an address; "+" and "&" mean nothing in a path.
const decoded = (path: string): string => `${new URLSearchParams(`_=${path.replace(/[+&]/g, encodeURIComponent)}`).get("_")}`;

/** Excluded by none of the patterns, and included by one where any includes. */
export const onPage = (pages: PagePattern[], url: string): boolean => {
  const [origin, host, path, query, fragment] = parts(url);
  const relative = (path || "/") + query + fragment;
  const texts = {
    url: [origin + path + query + fragment, relative],
    path: [`${host}/${decoded(path).replace(/^\//, "")}`.toLowerCase()],
  };
  const fits = ([, on, source]: PagePattern) => texts[on].some((text) => RegExp(source).test(text));
  const including = pages.filter(([include]) => include);
  return !pages.some((page) => !page[0] && fits(page)) && (!including[0] || including.some(fits));
};
