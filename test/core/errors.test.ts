import { expect, test } from "vitest";
import { bundle } from "../../build/bundle.mjs";
import * as errors from "../../src/core/errors.ts";

const { NormgpuError: _, ...kinds } = errors;
const names = Object.keys(kinds) as (keyof typeof kinds)[];

/** The errors as a program has them whose minifier renames classes. */
const minified = async (): Promise<typeof errors> => {
  const { code } = await bundle(`{ NormgpuError, ${names.join(", ")} }`);
  return import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
};

test("an error keeps its name, its code and its message where classes are renamed", async () => {
  const found = await minified();
  expect(found.ShapeError.name).not.toBe("ShapeError");
  for (const name of names) {
    const [mine, theirs] = [new kinds[name]("why"), new found[name]("why")];
    expect(mine.name).toBe(name);
    expect(theirs).toBeInstanceOf(found.NormgpuError);
    expect([theirs.name, theirs.code, theirs.message]).toEqual([mine.name, mine.code, mine.message]);
    expect(String(theirs)).toBe(`${name}: why`);
  }
  expect(new Set(names.map((name) => new kinds[name]("why").code)).size).toBe(names.length);
});
