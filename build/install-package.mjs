import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

/** Installs a package beside the project's own, where it is not as its lock file says. @param {string} folder @param {string} command whose output names it */
export function installIn(folder, command) {
  if (existsSync(join(folder, "node_modules/.package-lock.json"))) {
    try {
      execFileSync("npm", ["ls", "--silent"], { cwd: folder, stdio: "ignore" });
      return;
    } catch {
      // Other versions than the lock file's, or a package that is missing.
    }
  }
  console.log(`${command}: npm ci in ${relative(root, folder)}/ ...`);
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder, stdio: "inherit" });
}
