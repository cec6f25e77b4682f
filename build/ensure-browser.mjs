import { findBrowser } from "./browser.mjs";

// Before a test run, so that an installation is not counted as a test's time.
try {
  await findBrowser();
  // A download that was given up may still hold the process.
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
