// Many visitors, asked for in every way there is from here: our endpoint, OFREP one by one and all at once, and
// GrowthBook's own SDK from our payload. Answers by way, visitor and flag: [variant when in the experiment, value].
import { readFileSync } from "node:fs";
import http from "node:http";
import { GrowthBookClient } from "@growthbook/growthbook";
import { OpenFeature } from "@openfeature/server-sdk";
import { OFREPProvider } from "@openfeature/ofrep-provider";

const { baseUrl, key, flags, users } = JSON.parse(readFileSync(0, "utf8"));
const LANES = 8;
const { hostname, port } = new URL(baseUrl);
const agent = new http.Agent({ keepAlive: true, maxSockets: LANES });

function post(path, content) {
  const body = JSON.stringify(content);
  const headers = {
    authorization: `Bearer ${key}`, "content-type": "application/json", "content-length": Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const asked = http.request({ hostname, port, path, method: "POST", agent, headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part)).on("end", () => {
        const text = Buffer.concat(parts).toString();
        answer.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${answer.statusCode} ${text}`));
      });
    });
    asked.on("error", reject).end(body);
  });
}

async function each(ask) {
  const answers = new Array(users.length);
  let next = 0;
  const lane = async () => {
    while (next < users.length) {
      const place = next++;
      answers[place] = await ask(users[place], place);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return answers;
}

const flagged = ({ reason, variant, value }) => [reason === "SPLIT" ? variant : null, value];
const context = ({ id, ...attributes }) => ({ targetingKey: id, ...attributes });

const assign = await each(async ({ id, ...attributes }) => {
  const { assignments } = await post("/v1/assign", { visitor_id: id, attributes, experiments: flags });
  return flags.map((flag) => {
    const { in_experiment, variant, payload, reason } = assignments[flag];
    return [in_experiment ? variant : null, payload.value, reason];
  });
});

const bulk = await each(async (user) => {
  const answer = await post("/ofrep/v1/evaluate/flags", { context: context(user) });
  return flags.map((flag) => flagged(answer.flags.find(({ key }) => key === flag)));
});

const provider = new OFREPProvider({ baseUrl, headers: [["Authorization", `Bearer ${key}`]] });
await OpenFeature.setProviderAndWait(provider);
const openfeature = OpenFeature.getClient();
// Every flag is a request here: the first of everybody, the others of every tenth.
const single = await each(async (user, place) => {
  const answers = [];
  for (const flag of place % 10 ? flags.slice(0, 1) : flags)
    answers.push(flagged(await openfeature.getStringDetails(flag, "-", context(user))));
  return answers;
});

const client = new GrowthBookClient({ apiHost: baseUrl, clientKey: key });
await client.init({ timeout: 5000 });
const local = users.map((attributes) =>
  flags.map((flag) => {
    const { value, experimentResult } = client.evalFeature(flag, { attributes });
    return [experimentResult?.inExperiment ? experimentResult.key : null, value];
  }),
);

process.stdout.write(JSON.stringify({ assign, bulk, single, local }), () => process.exit(0));
