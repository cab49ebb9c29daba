// What an application's bundle would hold; the tests drive it from outside.
import { AnalyticsBrowser } from "@segment/analytics-next";
import { RudderAnalytics } from "@rudderstack/analytics-js/bundled";

globalThis.clients = { AnalyticsBrowser, RudderAnalytics };
