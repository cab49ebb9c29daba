// GrowthBook's SDK in Node, in each of the ways it can ask us: answers per user from stdin what each feature is.
import { readFileSync } from "node:fs";
import { GrowthBook, GrowthBookClient } from "@growthbook/growthbook";
import { growthbookTrackingPlugin } from "@growthbook/growthbook/plugins";

const { mode, apiHost, clientKey, users, features, track } = JSON.parse(readFileSync(0, "utf8"));
const plugins = track ? [growthbookTrackingPlugin({ ingestorHost: apiHost, queueFlushInterval: 10 })] : [];

const told = (found) => ({
  value: found.value,
  source: found.source,
  variation: found.experimentResult?.inExperiment ? found.experimentResult.key : null,
});
const asked = (ask) => Object.fromEntries(features.map((name) => [name, told(ask(name))]));

// One for all users of a server; features are decided here, from the payload.
async function shared() {
  const client = new GrowthBookClient({ apiHost, clientKey, plugins });
  const state = await client.init({ timeout: 5000 });
  const answers = users.map((user) => asked((name) => client.evalFeature(name, user)));
  return { state, answers, payload: client.getPayload(), exposures: [] };
}

// One per user, as in a page. ``remote``: features are decided by the server.
async function alone(remoteEval) {
  const all = { answers: [], exposures: [] };
  for (const { attributes, url, forcedVariations } of users) {
    const exposures = [];
    const trackingCallback = (experiment, result) => exposures.push([experiment.key, result.key]);
    const one = new GrowthBook({
      apiHost, clientKey, attributes, url, forcedVariations, remoteEval, trackingCallback, plugins,
    });
    all.state = await one.init({ timeout: 5000, skipCache: remoteEval });
    all.answers.push(asked((name) => one.evalFeature(name)));
    all.exposures.push(exposures);
    all.payload = one.getPayload();
  }
  return all;
}

const { state, ...found } = await { client: shared, single: () => alone(false), remote: () => alone(true) }[mode]();
if (track) await new Promise((resolve) => setTimeout(resolve, 500));
console.log(JSON.stringify({ ...found, success: state.success, source: state.source, error: state.error?.message }));
process.exit(0);
