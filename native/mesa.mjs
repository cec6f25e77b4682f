import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const SOURCES = "/etc/apt/sources.list.d/debian.sources";
const BACKPORTS = "/etc/apt/sources.list.d/debian-backports.sources";

/** The archive's own stanzas (not that of security updates) with the suite of backports instead. @param {string} sources */
function backportsOf(sources) {
  return sources
    .split(/\n\s*\n/)
    .filter((stanza) => /^Suites:.*\bbookworm\b(?!-)/m.test(stanza))
    .map((stanza) => stanza.replace(/^Suites:.*$/m, "Suites: bookworm-backports"))
    .join("\n\n");
}

/** Installs Mesa's software adapter (lavapipe) on Debian, as root. On bookworm from backports: its own Mesa 22 is too old. @returns {boolean} whether it did */
export function installMesa() {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (/** @type {string[]} */ ...words) => execFileSync("apt-get", ["-qq", ...words], { stdio: ["ignore", "ignore", "inherit"], env });
  const isBookworm = existsSync(SOURCES) && /\bbookworm\b/.test(readFileSync(SOURCES, "utf8"));
  if (isBookworm) writeFileSync(BACKPORTS, `${backportsOf(readFileSync(SOURCES, "utf8"))}\n`);
  try {
    apt("update");
  } catch {
    // A package list that cannot be read must not keep the others from serving.
  }
  apt("install", "-y", ...(isBookworm ? ["-t", "bookworm-backports"] : []), "mesa-vulkan-drivers", "libvulkan1");
  return true;
}
