// What an application's bundle would hold; the tests drive it from outside.
import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";

globalThis.openfeature = { OpenFeature, ProviderEvents, OFREPWebProvider };
