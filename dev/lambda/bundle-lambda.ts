import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const OUT = process.argv[2] ?? "dist/lambda/index.mjs";

/** Packages in CommonJS call `require` for Node's own modules, which a module file does not have. */
const REQUIRE =
  'import { createRequire as requireForBundle } from "node:module"; const require = requireForBundle(import.meta.url);';

const { warnings } = await build({
  absWorkingDir: ROOT,
  entryPoints: ["src/lambda.ts"],
  outfile: OUT,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  mainFields: ["module", "main"],
  banner: { js: REQUIRE },
  external: ["pg-native"], // an optional part of pg
  minifySyntax: true,
  legalComments: "none",
  sourcemap: true,
  logLevel: "warning",
});
if (warnings.length > 0) process.exit(1);
const megabytes = (statSync(new URL(OUT, `file://${ROOT}`)).size / 1_000_000).toFixed(1);
console.log(`${OUT}: ${megabytes} MB. Put it into a Lambda with Node 24, handler index.handler (docs/lambda.md).`);
