// OpenFeature's server SDK with its OFREP provider: answers a list of questions from stdin.
import { readFileSync } from "node:fs";
import { OpenFeature } from "@openfeature/server-sdk";
import { OFREPProvider } from "@openfeature/ofrep-provider";

const { baseUrl, headers, asks } = JSON.parse(readFileSync(0, "utf8"));
await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl, headers }));
const client = OpenFeature.getClient();

const details = {
  boolean: (...ask) => client.getBooleanDetails(...ask),
  string: (...ask) => client.getStringDetails(...ask),
  number: (...ask) => client.getNumberDetails(...ask),
  object: (...ask) => client.getObjectDetails(...ask),
};
const answers = [];
for (const { type, flag, fallback, context } of asks) answers.push(await details[type](flag, fallback, context));
console.log(JSON.stringify(answers));
await OpenFeature.close();
