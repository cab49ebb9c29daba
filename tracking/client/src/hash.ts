// GrowthBook's bucketing: the same visitor gets the same place here, on the server and in its SDKs.

/** FNV-1a of 32 bits over UTF-16 code units. */
const fnv = (text: string): number => {
  let value = 2166136261;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 16777619);
  return value >>> 0;
};

/** Of 10,000 places; in version 1, which only exclusion groups use, of 1,000. */
export const place = (seed: string, unit: string, version: 1 | 2): number =>
  version > 1 ? fnv(`${fnv(seed + unit)}`) % 10000 : fnv(unit + seed) % 1000;
