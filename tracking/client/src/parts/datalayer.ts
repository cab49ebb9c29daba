// The part "datalayer", which only pages that have one load.
import { bridge, value } from "../datalayer";
import type { Hearing } from "../triggers";
import type { Core } from "../types";
import { register } from "../registered";

interface Given {
  hearing: Hearing;
  /** The answer about consent has been looked for. */
  read(): void;
  /** What was exposed before this part came. */
  exposed: [experiment: string, variant: string, phase: number][];
}

register("datalayer", (core: Core, { hearing, exposed, read }: Given) => {
  hearing.value = value;
  const expose = bridge(core, hearing.pushed);
  read();
  exposed.splice(0).forEach((one) => expose(...one));
});
