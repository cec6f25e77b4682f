/** @typedef {import("vitest/node").TestModule} TestModule */

/** Fewer passed tests than this on an implementation, and something kept them from running: a file that was not found, or everything skipped. */
export const fewest = { dawn: 900, deno: 650 };

/** Files whose process died before all of their tests had a result. @param {readonly TestModule[]} modules */
export function unfinished(modules) {
  return modules.filter(
    (module) => ["queued", "pending"].includes(module.state()) || [...module.children.allTests()].some((test) => test.result().state === "pending"),
  );
}

/**
 * Prints each adapter with its count of tests. Returns the exit status: 1 where a test failed or did not finish, where too few passed, or where a process died for good.
 * @param {Record<string, { title: string }>} implementations @param {readonly TestModule[]} modules @param {readonly unknown[]} errors
 * @param {Readonly<Record<string, number>>} floors
 */
export function closing(implementations, modules, errors, floors) {
  let status = 0;
  for (const [id, { title }] of Object.entries(implementations)) {
    const own = modules.filter((module) => module.project.name === id);
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const notes = new Map();
    for (const module of own) {
      for (const test of module.children.allTests()) {
        const result = test.result();
        count[result.state]++;
        if (result.state === "skipped") notes.set(result.note, (notes.get(result.note) ?? 0) + 1);
      }
    }
    const dead = unfinished(own);
    const broken = own.filter((module) => module.state() === "failed" && ![...module.children.allTests()].some((test) => test.result().state === "failed"));
    const adapters = [...new Set(own.map((module) => module.meta().adapter).filter(Boolean))];
    const floor = floors[/** @type {keyof typeof floors} */ (id)] ?? 0;
    console.log(
      `${title} on ${adapters.join(" and ")}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped (at least ${floor} must pass)`,
    );
    for (const [note, times] of notes) console.log(`  skipped ${times}: ${note ?? "no reason given"}`);
    for (const module of [...dead, ...broken]) console.log(`  ${module.relativeModuleId} did not run to its end`);
    if (count.failed || count.passed < floor || dead.length || broken.length) status = 1;
  }
  // The death of a process is one error, which counts no more once its files have run again.
  const others = errors.filter((error) => !/Worker .*(exited unexpectedly|emitted error)/.test(String(error)));
  if (others.length) {
    console.log(`${others.length} errors outside tests: ${others.map(String).join("; ")}`);
    status = 1;
  }
  return status;
}
