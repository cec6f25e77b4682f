import { afterEach, expect, test, vi } from "vitest";

const own = globalThis.Error;

afterEach(() => {
  globalThis.Error = own;
});

test("loading the library makes no Error: an engine parses the whole file again for the stack of one", async () => {
  const stacks: string[] = [];
  globalThis.Error = new Proxy(own, {
    construct(target, given, made) {
      const error = Reflect.construct(target, given, made) as Error;
      stacks.push(String(error.stack));
      return error;
    },
  });
  vi.resetModules();
  await import("../src/index.ts");
  expect(stacks.filter((stack) => stack.includes("/src/"))).toEqual([]);
});
