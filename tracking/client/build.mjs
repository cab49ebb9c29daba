// Builds what browsers load: src/main.ts → dist/client.js, src/parts/NAME.ts → dist/NAME.js.
//   node build.mjs            writes dist/ and prints the sizes
//   node build.mjs --modules  also what each module adds to each file
//   node build.mjs --check    writes nothing; fails when dist/ is not what the sources make, or is too big
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

const SRC = fileURLToPath(new URL("src/", import.meta.url));
const DIST = fileURLToPath(new URL("dist/", import.meta.url));
// Gzipped bytes: what every page loads, that with all a page may ever load, and what only marketers load. Nothing may
// grow beyond this; the aim for everything together is 10,240.
const CORE = 6144;
const TOGETHER = 20992;
const DEBUG = 20480;
const BANNER = "/* Microlift, MIT license */";

const scripts = (folder, end) => listed(folder).filter((name) => name.endsWith(end));
const packed = (text) => gzipSync(text, { level: 9 }).length;
const number = (bytes) => bytes.toLocaleString("en").padStart(8);

function listed(folder) {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function entries() {
  const parts = scripts(`${SRC}parts`, ".ts").map((name) => [name.slice(0, -3), `${SRC}parts/${name}`]);
  const main = listed(SRC).includes("main.ts") ? [["client", `${SRC}main.ts`]] : [];
  return [...main, ...parts];
}

async function made([name, entry]) {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "iife",
    minify: true,
    target: "es2018",
    charset: "utf8",
    // Names that end in "_" never leave their bundle.
    mangleProps: /_$/,
    legalComments: "none",
    // Of tsconfig.json nothing is for browsers but "use strict", which the compiler has seen to.
    tsconfigRaw: "{}",
    metafile: true,
    write: false,
    logLevel: "error",
  });
  // Once more, since it makes a twentieth less of what esbuild has left.
  const { code } = await minify(outputFiles[0].text, { ecma: 2018, compress: { passes: 2 }, format: { preamble: BANNER } });
  return { file: `${name}.js`, text: `${code}\n`, modules: Object.values(metafile.outputs)[0].inputs };
}

function report(built, withModules) {
  console.log("             plain  gzip -9");
  for (const { file, text, modules } of built) {
    console.log(file.padEnd(13) + number(Buffer.byteLength(text)).slice(-6) + number(packed(text)));
    if (!withModules) continue;
    for (const [path, { bytesInOutput }] of Object.entries(modules)) {
      console.log(`  ${number(bytesInOutput)} ${path.replace(/^.*src\//, "")}`);
    }
  }
}

function tooBig(built) {
  const size = Object.fromEntries(built.map(({ file, text }) => [file, packed(text)]));
  const { "debug.js": debug = 0, ...others } = size;
  const together = Object.values(others).reduce((sum, bytes) => sum + bytes, 0);
  console.log(`all but debug.js: ${together} of ${TOGETHER} bytes, client.js: ${size["client.js"] ?? 0} of ${CORE}`);
  return [
    [size["client.js"], CORE, "client.js"],
    [together, TOGETHER, "everything but debug.js"],
    [debug, DEBUG, "debug.js"],
  ]
    .filter(([bytes, most]) => bytes > most)
    .map(([bytes, most, what]) => `${what}: ${bytes} bytes gzipped, at most ${most}`);
}

function differing(built) {
  const wanted = new Map(built.map(({ file, text }) => [file, text]));
  const stale = built.filter(({ file, text }) => !listed(DIST).includes(file) || readFileSync(DIST + file, "utf8") !== text);
  const left = scripts(DIST, ".js").filter((file) => !wanted.has(file));
  return [...stale.map(({ file }) => file), ...left].map((file) => `dist/${file} is not what src/ makes: make client`);
}

function written(built) {
  mkdirSync(DIST, { recursive: true });
  const wanted = entries().map(([name]) => `${name}.js`);
  for (const file of scripts(DIST, ".js")) if (!wanted.includes(file)) rmSync(DIST + file);
  for (const { file, text } of built) writeFileSync(DIST + file, text);
}

const tried = await Promise.allSettled(entries().map(made));
const built = tried.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
const broken = tried.filter(({ status }) => status === "rejected").map(({ reason }) => reason.message);
const check = process.argv.includes("--check");
// One broken part does not keep the others from being built.
if (!check) written(built);
report(built, process.argv.includes("--modules"));
const complaints = [...broken, ...tooBig(built), ...(check && !broken.length ? differing(built) : [])];
for (const complaint of complaints) console.error(complaint);
// While something is being made one may well look at what is too big; what is committed may not be.
process.exitCode = broken.length || (check && complaints.length) ? 1 : 0;
