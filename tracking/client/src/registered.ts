// How a part says that it has come: the core calls it with itself, and with what the part was loaded for.
import type { Core } from "./types";

type Given<T> = (core: Core, given: T) => void;

export const register = <T>(name: string, part: Given<T>): void =>
  (window as unknown as { microlift: { part(name: string, part: Given<T>): void } }).microlift.part(name, part);
