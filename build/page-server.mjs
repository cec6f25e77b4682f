import { resolve } from "node:path";
import { createServer } from "vite";

const root = resolve(import.meta.dirname, "..");

/** What the clock of a page needs to tell microseconds apart. */
export const ISOLATION = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/**
 * Serves the repository to the browser of a command: its pages by their paths, their TypeScript and shaders made ready for it.
 * @param {{ headers?: Record<string, string>, dependencies?: { cacheDir: string, entries: string[] } }} [options] `dependencies`: pages whose packages are bundled ahead, and where to
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function servePages({ headers = {}, dependencies } = {}) {
  const server = await createServer({
    configFile: resolve(root, "vite.config.ts"),
    root,
    logLevel: "error",
    ...(dependencies && { cacheDir: resolve(root, dependencies.cacheDir), optimizeDeps: { entries: dependencies.entries } }),
    server: { port: 0, host: "127.0.0.1", hmr: false, watch: null, headers },
  });
  await server.listen();
  return { url: server.resolvedUrls?.local[0] ?? "", close: () => server.close() };
}
