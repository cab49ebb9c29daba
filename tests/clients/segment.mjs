// Segment's and RudderStack's clients for Node: tells what stdin orders, and answers when all of it has been delivered.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Analytics } from "@segment/analytics-node";

const { client, host, writeKey, calls } = JSON.parse(readFileSync(0, "utf8"));
const errors = [];

async function segment() {
  const one = new Analytics({ writeKey, host, flushInterval: 50 });
  one.on("error", (error) => errors.push(error.code));
  for (const [kind, message] of calls) one[kind](message);
  await one.closeAndFlush({ timeout: 20000 });
}

async function rudderstack() {
  const Rudder = createRequire(import.meta.url)("@rudderstack/rudder-sdk-node");
  const one = new Rudder(writeKey, {
    dataPlaneUrl: host, flushInterval: 50, errorHandler: (error) => errors.push(error.message),
  });
  await Promise.all(calls.map(([kind, message]) => new Promise((told) => one[kind](message, told))));
  await one.flush();
}

await { segment, rudderstack }[client]();
console.log(JSON.stringify({ errors }));
process.exit(0);
