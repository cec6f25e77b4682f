import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import puppeteer from "puppeteer";

/**
 * @typedef {{ browser: import("puppeteer").Browser, adapterName: string, software: boolean, executable: string }} Opened
 */

const NAMES = ["google-chrome-stable", "google-chrome", "chrome", "chromium", "chromium-browser", "microsoft-edge", "msedge"];

const PLACES = {
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  ],
  win32: ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].flatMap((root) =>
    ["Google\\Chrome\\Application\\chrome.exe", "Microsoft\\Edge\\Application\\msedge.exe"].map((file) => join(process.env[root] ?? "", file)),
  ),
};

const FLAGS = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--enable-unsafe-webgpu",
  "--disable-dev-shm-usage",
];
const SOFTWARE_FLAG = "--use-webgpu-adapter=swiftshader";

/** Browsers that are installed here, the likeliest first. */
function installed() {
  const onPath = NAMES.flatMap((name) => (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name)));
  const places = PLACES[/** @type {keyof typeof PLACES} */ (process.platform)] ?? [];
  return [...onPath, ...places].filter((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** @param {string} executable @param {string[]} flags */
async function launch(executable, flags) {
  return puppeteer.launch({ executablePath: executable, headless: true, args: [...FLAGS, ...flags], protocolTimeout: 600_000, timeout: 60_000 });
}

/** A browser counts when it opens a page. @param {string} executable */
async function works(executable) {
  try {
    const browser = await launch(executable, []);
    try {
      const page = await browser.newPage();
      return (await page.evaluate("1 + 1")) === 2;
    } finally {
      await browser.close();
    }
  } catch {
    return false;
  }
}

/** A Chrome from puppeteer's own store, given up after 20 s. @returns {Promise<string | null>} */
async function download() {
  const browsers = await import("@puppeteer/browsers").catch(() => null);
  if (!browsers) return null;
  const cacheDir = join(homedir(), ".cache", "puppeteer");
  const platform = browsers.detectBrowserPlatform();
  if (!platform) return null;
  const fetched = (async () => {
    const buildId = await browsers.resolveBuildId(browsers.Browser.CHROME, platform, "stable");
    const { executablePath } = await browsers.install({ browser: browsers.Browser.CHROME, buildId, cacheDir, platform });
    return executablePath;
  })().catch(() => null);
  let timer;
  const tooLate = new Promise((resolve) => (timer = setTimeout(() => resolve(null), 20_000)));
  const found = await Promise.race([fetched, tooLate]);
  clearTimeout(timer);
  return /** @type {string | null} */ (found);
}

/** Debian's package, when we are root. @returns {string | null} */
function installPackage() {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return null;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    console.error("No browser was found: installing Debian's chromium ...");
    try {
      execFileSync("apt-get", ["update", "-qq"], { stdio: "ignore", env });
    } catch {
      // A package list that cannot be read must not keep the others from serving.
    }
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], { stdio: "ignore", env });
    return "/usr/bin/chromium";
  } catch {
    return null;
  }
}

/** @type {Promise<string> | null} */
let known = null;

/** The executable of a browser that opens a page. @returns {Promise<string>} */
export function findBrowser() {
  known ??= search();
  return known;
}

async function search() {
  const chosen = process.env["CHROME_PATH"];
  if (chosen) {
    if (await works(chosen)) return chosen;
    throw new Error(`CHROME_PATH is ${chosen}, which does not open a page; set it to a Chrome, Chromium or Edge that does.`);
  }
  for (const executable of new Set(installed())) if (await works(executable)) return executable;
  const fetched = await download();
  if (fetched && (await works(fetched))) return fetched;
  const packaged = installPackage();
  if (packaged && (await works(packaged))) return packaged;
  throw new Error("No browser was found: install Chrome, Chromium or Edge, or set CHROME_PATH to one.");
}

/** What requestAdapter gives in this browser. A page of 127.0.0.1 is a secure context. @param {import("puppeteer").Browser} browser */
async function adapterOf(browser) {
  const { createServer } = await import("node:http");
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const page = await browser.newPage();
  try {
    const address = /** @type {import("node:net").AddressInfo} */ (server.address());
    await page.goto(`http://127.0.0.1:${address.port}/`);
    return await page.evaluate(async () => {
      const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
      if (!adapter) return null;
      const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
      const name = [vendor, architecture, device, description].filter(Boolean).join(" ");
      return { name, software: isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(name) };
    });
  } finally {
    await page.close();
    server.close();
  }
}

/**
 * A headless browser with a WebGPU adapter: the machine's GPU, or else the software adapter; `adapter` asks for one of them alone.
 * @param {{ adapter?: "default" | "swiftshader" }} options
 * @returns {Promise<Opened>}
 */
export async function openBrowser({ adapter: wanted } = {}) {
  const executable = await findBrowser();
  const tries = wanted === undefined ? [[], [SOFTWARE_FLAG]] : wanted === "default" ? [[]] : [[SOFTWARE_FLAG]];
  for (const flags of tries) {
    const browser = await launch(executable, flags);
    const adapter = await adapterOf(browser).catch(() => null);
    if (adapter && (!adapter.software || flags.length || wanted)) return { browser, adapterName: adapter.name, software: adapter.software, executable };
    await browser.close();
  }
  if (wanted) throw new Error(`${executable} has no WebGPU adapter of the kind that was asked for (${wanted})`);
  throw new Error(`${executable} has no WebGPU adapter, not even a software one; update it or set CHROME_PATH to a newer Chrome, Chromium or Edge.`);
}

/** The adapter as people should read it. @param {{ adapterName: string, software: boolean }} opened */
export function describeAdapter({ adapterName, software }) {
  return software ? `${adapterName} (software adapter: a CPU runs the shaders)` : adapterName;
}
