import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { build } from "vite";
import { installIn } from "../build/install-package.mjs";

const here = join(import.meta.dirname, "peers");
const root = resolve(import.meta.dirname, "..");
/** Where the bundles are. */
export const folder = join(root, ".cache/bench-peers");

/** Entry of each peer, and the package whose version is told. */
const PEERS = {
  "onnxruntime-web": "onnxruntime-web",
  "onnxruntime-web-jsep": "onnxruntime-web",
  tfjs: "@tensorflow/tfjs",
  "jax-js": "@jax-js/jax",
};

/** Of everything that the bundles are made of. */
function stampOfSources() {
  const hash = createHash("sha256");
  const files = readdirSync(here).filter((name) => /\.ts$|^package-lock\.json$/.test(name));
  for (const name of files.toSorted()) hash.update(readFileSync(join(here, name)));
  return hash.digest("hex");
}

/** One bundle a peer: two builds of one library must not share a module. @param {string} name */
async function bundle(name) {
  await build({
    configFile: false,
    root: here,
    base: "./",
    publicDir: false,
    logLevel: "error",
    define: { "process.env.NODE_ENV": JSON.stringify("production") },
    build: {
      outDir: join(folder, name),
      emptyOutDir: true,
      target: "es2022",
      minify: true,
      modulePreload: false,
      assetsInlineLimit: 0,
      rolldownOptions: { input: join(here, `${name}.ts`), preserveEntrySignatures: "strict", output: { entryFileNames: "peer.js" } },
    },
  });
}

/** Installs the peers and bundles them for a page, where that has not been done. The URLs are those of a server of the repository. @returns {Promise<{ name: string, url: string, version: string }[]>} */
export async function buildPeers() {
  installIn(here, "bench");
  const stamp = stampOfSources();
  const file = join(folder, "stamp");
  if (!existsSync(file) || readFileSync(file, "utf8") !== stamp) {
    for (const name of Object.keys(PEERS)) {
      console.log(`bench: bundling ${name} ...`);
      await bundle(name);
    }
    writeFileSync(file, stamp);
  }
  return Object.entries(PEERS).map(([name, packageName]) => {
    const { version } = JSON.parse(readFileSync(join(here, "node_modules", packageName, "package.json"), "utf8"));
    return { name, url: `/${relative(root, folder)}/${name}/peer.js`, version };
  });
}
