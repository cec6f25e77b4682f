import { expect } from "vitest";
import { checkSubgroups } from "../../src/gpu/subgroup-check.ts";
import type { Check, Mutant } from "./mutant.ts";

const sound: Check = async (gpu) => expect(await checkSubgroups(gpu)).toBe(true);
const as = "a GPU with subgroups";

/** A self-test that finds nothing is none: what it looks at is broken here, in the check itself and in the teams. */
const MUTANTS: readonly Mutant[] = [
  { file: "subgroup-check", as, what: "no sum of squares", line: "vec2f(v, v * v)", wrong: "vec2f(v, v)", check: sound },
  {
    file: "team.subgroup",
    as,
    what: "a sum without one lane",
    line: "return subgroupAdd(v);",
    wrong: "return subgroupAdd(select(v, vec2f(0.0), inv.lane == 1u));",
    check: sound,
  },
  { file: "team.subgroup", as, what: "two lanes with one number", line: "return inv.lane;", wrong: "return inv.lane & 0xfffffffeu;", check: sound },
  { file: "team.cluster", as, what: "a subgroup left out", line: "total += team_partials[slot];", wrong: "total = team_partials[slot];", check: sound },
  {
    file: "team.cluster",
    as,
    what: "no largest of later subgroups",
    line: "largest = max(largest, team_partials[slot].x);",
    wrong: "largest = max(largest, 0.0);",
    check: sound,
  },
];

export default MUTANTS;
