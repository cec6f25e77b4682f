import { expect, test } from "vitest";
import type { KernelModule, PreludeModule } from "../../src/core/wgsl.d.ts";
import { compose } from "../../src/gpu/compose.ts";
import { preludeOf } from "../../src/gpu/prelude.ts";
import { KERNELS } from "../kernels.ts";
import type { Team, Variant } from "../../src/plan/plan.ts";

const KERNEL: KernelModule = {
  name: "some",
  code: "// the kernel\nenable f16;\nfn some() {}",
  uses: [],
};
const TEAM: PreludeModule = { name: "team.x", code: "enable subgroups;\n\nconst TEAM = 1;", uses: [] };
const LANE: PreludeModule = { name: "lane.1", code: "enable f16;\nalias Lane = f32;\n", uses: [] };

test("directives stand first, once each; everything else follows in order", () => {
  const { code } = compose(KERNEL, [LANE, TEAM]);
  expect(code.split("\n")).toEqual([
    "enable f16;",
    "enable subgroups;",
    "",
    "alias Lane = f32;",
    "",
    "",
    "",
    "const TEAM = 1;",
    "// the kernel",
    "",
    "fn some() {}",
  ]);
});

test("every line is found again in its file", () => {
  const { code, locate } = compose(KERNEL, [LANE, TEAM]);
  const files: Record<string, string> = {
    "shaders/some.wgsl": KERNEL.code,
    "shaders/prelude/team.x.wgsl": TEAM.code,
    "shaders/prelude/lane.1.wgsl": LANE.code,
  };
  code.split("\n").forEach((text, index) => {
    const { file, line } = locate(index + 1);
    const found = files[file]!.split("\n")[line - 1]!;
    expect(text || "blank").toBe(text ? found : "blank");
    if (!text) expect(found === "" || found.startsWith("enable")).toBe(true);
  });
  expect(locate(2)).toEqual({ file: "shaders/prelude/team.x.wgsl", line: 1 });
  expect(locate(11)).toEqual({ file: "shaders/some.wgsl", line: 3 });
});

test("a line past the end, as some compilers report for a missing brace, is the last one", () => {
  expect(compose(KERNEL, [LANE]).locate(99)).toEqual({ file: "shaders/some.wgsl", line: 3 });
});

const VARIANTS: Variant[] = ([1, 4] as const).flatMap((lane) =>
  (["scalar", "lane"] as const).flatMap((parameter) =>
    (["invocation", "subgroup", "workgroup", "cluster"] as Team[]).map((team) => ({ lane, parameter, team })),
  ),
);

test("all kernels in all variants: directives before anything else, subgroups only where the team needs them", () => {
  for (const kernel of KERNELS.values()) {
    for (const variant of VARIANTS) {
      const lines = compose(kernel, preludeOf(kernel, variant, true)).code.split("\n");
      const first = lines.findIndex((line) => !/^(enable|requires) /.test(line));
      expect(lines.slice(first).filter((line) => /^\s*(enable|requires)\s/.test(line))).toEqual([]);
      expect(lines.slice(0, first).includes("enable subgroups;"), `${kernel.name} ${variant.team}`).toBe(
        variant.team === "subgroup" || variant.team === "cluster",
      );
    }
  }
});

test("where no activation follows, what stands in for its files has the same overrides and is all that is there of it", () => {
  const [kernel, variant] = [KERNELS.get("row-backward")!, VARIANTS[0]!];
  const names = (activates: boolean): string[] => preludeOf(kernel, variant, activates).map(({ name }) => name);
  expect(names(true)).toEqual(expect.arrayContaining(["activation", "activation-slope"]));
  expect(names(false)).toEqual(names(true).map((name) => (name.startsWith("activation") ? `${name}.none` : name)));
  const overrides = (activates: boolean): string[] => compose(kernel, preludeOf(kernel, variant, activates)).code.match(/override \w+/g)!;
  expect(overrides(false).toSorted()).toEqual(overrides(true).toSorted());
});
