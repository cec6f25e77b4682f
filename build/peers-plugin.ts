import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join, relative, resolve, sep } from "node:path";
import type { Plugin } from "vite";

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};
const FOLDER = "peers";

interface Built {
  /** Where the bundles are, each in a folder of its own. */
  readonly folder: string;
  /** The text of versions.json: the version of each. */
  readonly versions: string;
}

/** Installs and bundles the libraries that Measure compares with, where that has not been done. */
async function build(): Promise<Built> {
  const { buildPeers, folder } = await import("../bench/peers.mjs");
  const bundles = await buildPeers();
  return { folder, versions: JSON.stringify(Object.fromEntries(bundles.map(({ name, version }) => [name, version]))) };
}

/**
 * The libraries that Measure compares with, at `peers/<name>/peer.js`, and their versions at `peers/versions.json`. A build of the page copies them into it; the development server makes them when
 * they are first asked for. A machine that cannot install them builds a page without them, which says so where they are asked for.
 */
export function peers(): Plugin {
  let outDir = "";
  let built: Promise<Built> | null = null;
  const once = (): Promise<Built> => (built ??= build());
  return {
    name: "normgpu-peers",
    configResolved({ root, build: options }) {
      outDir = resolve(root, options.outDir);
    },
    async writeBundle() {
      try {
        const { folder, versions } = await once();
        cpSync(folder, join(outDir, FOLDER), { recursive: true, filter: (file) => file !== join(folder, "stamp") });
        writeFileSync(join(outDir, FOLDER, "versions.json"), versions);
      } catch (error) {
        this.warn(`the page is built without other libraries to compare with: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    configureServer(server) {
      server.middlewares.use(`/${FOLDER}`, (request, response, next) => {
        const path = new URL(request.url ?? "/", "http://localhost").pathname;
        once().then(
          ({ folder, versions }) => {
            const file = join(folder, path);
            const isInside = !relative(folder, file).startsWith(`..${sep}`);
            const isVersions = path === "/versions.json";
            if (!isVersions && (!isInside || !existsSync(file))) return next();
            response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
            response.end(isVersions ? versions : readFileSync(file));
          },
          (error: unknown) => next(error),
        );
      });
    },
  };
}
