// Runs the unit tests: bundles each *.test.ts into a folder beside the build, then lets Node's own test runner run them.
//
//   npm test [-- PART-OF-A-FILE-NAME]

import {spawnSync} from "node:child_process";
import {mkdtempSync, readdirSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {build} from "esbuild";

const wanted = process.argv[2] ?? "";
const source = new URL("../src/", import.meta.url).pathname;

function* testsIn(folder) {
  for (const entry of readdirSync(folder, {withFileTypes: true})) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* testsIn(path);
    else if (entry.name.endsWith(".test.ts") && path.includes(wanted)) yield path;
  }
}

const out = mkdtempSync(join(tmpdir(), "leat-web-test-"));
let status = 1;
try {
  const entryPoints = [...testsIn(source)];
  if (entryPoints.length === 0) throw new Error(`no test matches '${wanted}'`);
  const options = {bundle: true, platform: "node", target: "node18", format: "esm", outExtension: {".js": ".mjs"}, sourcemap: "inline"};
  await build({entryPoints, outdir: out, ...options, jsx: "automatic", jsxImportSource: "preact", logLevel: "warning"});
  const built = [];
  for (const entry of readdirSync(out, {recursive: true})) if (entry.endsWith(".mjs")) built.push(join(out, entry));
  status = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...built], {stdio: "inherit"}).status ?? 1;
} finally {
  rmSync(out, {recursive: true, force: true});
}
process.exit(status);
