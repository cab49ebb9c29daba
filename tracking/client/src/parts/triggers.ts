// The part "triggers": a marketer's triggers at work.
import type { Given } from "../triggers";
import { layer } from "../triggers/capture";
import { heard, meet, open, replay } from "../triggers/firing";
import { KINDS } from "../triggers/kinds";
import { startClock } from "../triggers/time";
import type { Core, Trigger } from "../types";
import { register } from "../registered";

register("triggers", (core: Core, { triggers, early, value }: Given) => {
  meet(core);
  layer.value = value;
  startClock();
  triggers.forEach(core.quietly((trigger: Trigger) => KINDS[trigger.kind](trigger, trigger.params)));
  open();
  replay(early.splice(0));
  // From now on at once.
  early.push = (one) => heard(one) as unknown as number;
});
