import { planBackward } from "../../src/plan/backward-plan.ts";
import type { Capabilities } from "../../src/plan/capabilities.ts";
import { planForward } from "../../src/plan/forward-plan.ts";
import type { Dispatch, Plan } from "../../src/plan/plan.ts";
import type { ForwardRequest } from "../../src/plan/request.ts";
import { backwardOf } from "./backward-requests.ts";
import { along, batch, DEVICES, group, groupLast, instance, layer, request } from "./requests.ts";

/** A device of each class that plans are made for, by what adapters of it report. */
export const CLASSES: Readonly<Record<string, Capabilities>> = {
  software: DEVICES.software,
  // An Intel GPU; one of Apple's has 32 to 32.
  integrated: { ...DEVICES.gpu, adapterClass: "integrated", subgroupMinSize: 8, subgroupMaxSize: 32 },
  discrete: DEVICES.gpu,
  "discrete, no subgroups": DEVICES.plain,
  // An Adreno; a Mali has 16 to 16.
  mobile: { ...DEVICES.gpu, adapterClass: "mobile", subgroupMinSize: 64, subgroupMaxSize: 128 },
};

/** RMSNorm of the last axis, gamma per feature. */
function rms(rows: number, length: number): ForwardRequest {
  return request([rows, length], [1], { statistics: "rms", subtractsMean: false, parameters: { gamma: along([rows, length], [1]) } });
}

/** LayerNorm of x + residual, with the sum. */
function residual(forward: ForwardRequest): ForwardRequest {
  return { ...forward, residual: along(forward.shape, [...forward.shape.keys()]), writesSum: true };
}

/** The cases of the speed targets, their twins with channels last, and neighbours of both. */
export const FORWARD: Readonly<Record<string, ForwardRequest>> = {
  "LayerNorm 4096x768": layer(4096, 768),
  "LayerNorm 512x4096": layer(512, 4096),
  "LayerNorm 64x65536": layer(64, 65_536),
  "LayerNorm 65536x64": layer(65_536, 64),
  "LayerNorm 4096x769, odd": layer(4096, 769),
  "LayerNorm 1x4096": layer(1, 4096),
  "LayerNorm 2x65536": layer(2, 65_536),
  "LayerNorm 3x768": layer(3, 768),
  "LayerNorm 1024x2048": layer(1024, 2048),
  "LayerNorm 100000x6": layer(100_000, 6),
  "LayerNorm 65536x7": layer(65_536, 7),
  "LayerNorm 32768x33": layer(32_768, 33),
  "LayerNorm 65537x7, no whole lanes": layer(65_537, 7),
  "residual + LayerNorm 65536x9": residual(layer(65_536, 9)),
  "LayerNorm 1024x24576": layer(1024, 24_576),
  "RMSNorm 512x4096": rms(512, 4096),
  "RMSNorm 4096x768": rms(4096, 768),
  "residual + LayerNorm 4096x768": residual(layer(4096, 768)),
  "residual + RMSNorm 1x4096, a step of decoding": residual(rms(1, 4096)),
  "BatchNorm eval 8x64x56x56": batch([8, 64, 56, 56], 1, "fixed"),
  "BatchNorm eval 32x256x14x14": batch([32, 256, 14, 14], 1, "fixed"),
  "BatchNorm eval 8x56x56x64, NHWC": batch([8, 56, 56, 64], 3, "fixed"),
  "BatchNorm training 8x64x56x56": batch([8, 64, 56, 56], 1),
  "BatchNorm training 32x256x14x14": batch([32, 256, 14, 14], 1),
  "BatchNorm training 32x512x7x7": batch([32, 512, 7, 7], 1),
  "BatchNorm training 1x3x1024x2048": batch([1, 3, 1024, 2048], 1),
  "BatchNorm training 8x56x56x64, NHWC": batch([8, 56, 56, 64], 3),
  "BatchNorm training 32x14x14x256, NHWC": batch([32, 14, 14, 256], 3),
  "BatchNorm training 8x112x112x3, NHWC": batch([8, 112, 112, 3], 3),
  "BatchNorm training 64x1000": batch([64, 1000], 1),
  "BatchNorm training 32x7x7x2048, NHWC": batch([32, 7, 7, 2048], 3),
  "InstanceNorm 4x32x128x128": instance([4, 32, 128, 128], 1),
  "InstanceNorm 1x3x512x512": instance([1, 3, 512, 512], 1),
  "InstanceNorm 32x512x7x7": instance([32, 512, 7, 7], 1),
  "InstanceNorm 4x128x128x32, NHWC": instance([4, 128, 128, 32], 3),
  "InstanceNorm 1x512x512x3, NHWC": instance([1, 512, 512, 3], 3),
  "GroupNorm of 32, 8x256x28x28": group([8, 256, 28, 28], 32),
  "GroupNorm of 32, 1x512x64x64": group([1, 512, 64, 64], 32),
  "GroupNorm of 32, 8x28x28x256, NHWC": groupLast([8, 28, 28, 256], 32),
  "GroupNorm of 32, 1x64x64x512, NHWC": groupLast([1, 64, 64, 512], 32),
  "GroupNorm of 3, 8x56x56x24, NHWC": groupLast([8, 56, 56, 24], 3),
  "GroupNorm of 8, 8x14x14x1000, NHWC": groupLast([8, 14, 14, 1000], 8),
  "GroupNorm of 32, 8x7x7x2048, NHWC": groupLast([8, 7, 7, 2048], 32),
  "GroupNorm of 32, 8x2048x7x7": group([8, 2048, 7, 7], 32),
  "WeightStandardization 512x2304": request([512, 2304], [1]),
};

/** Those of them whose backward is asked for too. */
export const BACKWARD: Readonly<Record<string, ForwardRequest>> = {
  "LayerNorm 4096x768": layer(4096, 768),
  "LayerNorm 512x4096": layer(512, 4096),
  "LayerNorm 64x65536": layer(64, 65_536),
  "LayerNorm 65536x64": layer(65_536, 64),
  "LayerNorm 2x65536": layer(2, 65_536),
  "RMSNorm 512x4096": rms(512, 4096),
  "BatchNorm training 8x64x56x56": batch([8, 64, 56, 56], 1),
  "BatchNorm training 8x56x56x64, NHWC": batch([8, 56, 56, 64], 3),
  "InstanceNorm 4x32x128x128": instance([4, 32, 128, 128], 1),
  "GroupNorm of 32, 8x256x28x28": group([8, 256, 28, 28], 32),
  "GroupNorm of 32, 8x28x28x256, NHWC": groupLast([8, 28, 28, 256], 32),
};

/** What a reviewer wants to see of a dispatch: kernel, team x workgroup, values a lane, grid, and how many rows or lanes an invocation takes. */
function words({ kernel, variant, overrides, grid }: Dispatch): string {
  const more = ["ROWS", "HELD"].filter((name) => (overrides[name] ?? 0) > 1).map((name) => ` ${name.toLowerCase()} ${overrides[name]}`);
  const size = grid.filter((extent, place) => place === 0 || extent > 1).join("x");
  return `${kernel} ${variant.team} ${overrides["WORKGROUP"]} x ${size}, lane ${variant.lane}${more.join("")}`;
}

/** A plan on one line. */
function line({ walk, dispatches }: Plan): string {
  return `${walk}: ${dispatches.map(words).join(" | ")}`;
}

/** The plans of a case on every class of device; classes with the same plan share a line. */
function section(name: string, plan: (device: Capabilities) => Plan): string {
  const classes = new Map<string, string[]>();
  for (const [own, device] of Object.entries(CLASSES)) {
    const text = line(plan(device));
    classes.set(text, [...(classes.get(text) ?? []), own]);
  }
  return [name, ...[...classes].map(([text, own]) => `  ${own.join(", ")}\n    ${text}`)].join("\n");
}

/** The whole table as text. */
export function plansTable(): string {
  return [
    ...Object.entries(FORWARD).map(([name, asked]) => section(name, (device) => planForward(asked, device))),
    ...Object.entries(BACKWARD).map(([name, asked]) => section(`${name}, backward`, (device) => planBackward(backwardOf(asked), device))),
    "",
  ].join("\n");
}
