import activationNone from "../../shaders/prelude/activation.none.wgsl";
import activationSlopeNone from "../../shaders/prelude/activation-slope.none.wgsl";
import lane1 from "../../shaders/prelude/lane.1.wgsl";
import lane4 from "../../shaders/prelude/lane.4.wgsl";
import parameterLane from "../../shaders/prelude/parameter.lane.wgsl";
import parameterScalar from "../../shaders/prelude/parameter.scalar.wgsl";
import resultF16Of1 from "../../shaders/prelude/result.f16.1.wgsl";
import resultF16Of4 from "../../shaders/prelude/result.f16.4.wgsl";
import resultF32 from "../../shaders/prelude/result.f32.wgsl";
import resultPackedOf4 from "../../shaders/prelude/result.packed.4.wgsl";
import sourceF16Of1 from "../../shaders/prelude/source.f16.1.wgsl";
import sourceF16Of4 from "../../shaders/prelude/source.f16.4.wgsl";
import sourceF32 from "../../shaders/prelude/source.f32.wgsl";
import sourcePackedOf1 from "../../shaders/prelude/source.packed.1.wgsl";
import sourcePackedOf4 from "../../shaders/prelude/source.packed.4.wgsl";
import teamCluster from "../../shaders/prelude/team.cluster.wgsl";
import teamInvocation from "../../shaders/prelude/team.invocation.wgsl";
import teamSubgroup from "../../shaders/prelude/team.subgroup.wgsl";
import teamWorkgroup from "../../shaders/prelude/team.workgroup.wgsl";
import type { KernelModule, PreludeModule } from "../core/wgsl.d.ts";
import type { Variant } from "../plan/plan.ts";

const LANES = { 1: lane1, 4: lane4 };
const PARAMETERS = { scalar: parameterScalar, lane: parameterLane };
const SOURCES = { f32: { 1: sourceF32, 4: sourceF32 }, f16: { 1: sourceF16Of1, 4: sourceF16Of4 }, packed: { 1: sourcePackedOf1, 4: sourcePackedOf4 } };
/** Two values that lie in one word cannot be written by two invocations: packed results are four to a lane. */
const RESULTS = { f32: { 1: resultF32, 4: resultF32 }, f16: { 1: resultF16Of1, 4: resultF16Of4 }, packed: { 1: null, 4: resultPackedOf4 } };
const TEAMS = { invocation: teamInvocation, subgroup: teamSubgroup, workgroup: teamWorkgroup, cluster: teamCluster };

/** What stands in for a file where no activation follows: SwiftShader compiles LayerNorm 64 x 768 in 42 ms in place of 47 (measured). */
const WITHOUT_ACTIVATION = new Map([
  ["activation", activationNone],
  ["activation-slope", activationSlopeNone],
]);

/** The prelude files of a kernel's variant: one of each axis, and those that their texts and the kernel's use. `activates`: an activation follows the norm. */
export function preludeOf(kernel: KernelModule, variant: Variant, activates: boolean): PreludeModule[] {
  const { source = "f32", result = "f32" } = variant;
  const own = RESULTS[result][variant.lane];
  if (!own) throw new Error(`${kernel.name}: results of one value a lane cannot be packed`);
  const axes: PreludeModule[] = [LANES[variant.lane], PARAMETERS[variant.parameter], TEAMS[variant.team], SOURCES[source][variant.lane], own];
  const all = [...axes, ...axes.flatMap(({ uses }) => uses), ...kernel.uses];
  return [...new Set(activates ? all : all.map((file) => WITHOUT_ACTIVATION.get(file.name) ?? file))];
}
