import type { Reporter, TestModule, Vitest } from "vitest/node";

/** Fewer page tests than this in a whole run, and something kept them from running: no adapter, or a file that was not found. */
const MINIMUM_PAGE_TESTS = 1800;

/** Fails a whole run in which too few GPU tests ran: a machine without an adapter must not pass by running nothing. */
export default class PageTestCount implements Reporter {
  #vitest: Vitest | null = null;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const { config } = this.#vitest!;
    const filtered = config.testNamePattern !== undefined || process.argv.slice(3).some((word) => word.includes("test"));
    const wanted = this.#vitest!.projects.some((project) => project.name.startsWith("page"));
    if (filtered || !wanted) return;
    let passed = 0;
    for (const module of modules) {
      if (!module.project.name.startsWith("page")) continue;
      for (const test of module.children.allTests()) if (test.result().state === "passed") passed++;
    }
    console.log(`${passed} GPU tests passed (at least ${MINIMUM_PAGE_TESTS} must)`);
    if (passed < MINIMUM_PAGE_TESTS) process.exitCode = 1;
  }
}
