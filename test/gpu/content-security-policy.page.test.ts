import { expect, test } from "vitest";

const address = new URL("./strict-page.ts", import.meta.url).href;
const POLICY = "default-src 'none'; script-src 'self'";

test("runs under a strict content security policy: no eval, no worker, no request but for its own script", async () => {
  const frame = document.createElement("iframe");
  frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><script type="module" src="${address}"></script>`;
  const report = new Promise<unknown>((resolve) => {
    addEventListener("message", (event) => {
      if (event.source === frame.contentWindow) resolve(event.data);
    });
  });
  document.body.append(frame);
  try {
    expect(await report).toMatchObject({
      violations: [],
      isStrict: true,
      y: [expect.closeTo(-1.3416, 3), expect.closeTo(-0.4472, 3), expect.closeTo(0.4472, 3), expect.closeTo(1.3416, 3)],
    });
  } finally {
    frame.remove();
  }
});
