import { createServer } from "node:http";
import { ISOLATION } from "../build/page-server.mjs";

const PAGE = '<!doctype html><meta charset="utf-8"><title>cold start</title><link rel="icon" href="data:,">';

/**
 * A server of a few files of this machine; anything else is an empty page.
 * @param {(path: string) => { type: string, body: string | Uint8Array } | null} find
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function serveIsolated(find) {
  const server = createServer((request, response) => {
    const { type, body } = find(request.url ?? "/") ?? { type: "text/html", body: PAGE };
    response.writeHead(200, { ...ISOLATION, "Content-Type": type });
    response.end(body);
  });
  await new Promise((done) => {
    server.listen(0, "127.0.0.1", () => done(null));
  });
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}
