import { lpNorm, lpNormBackward, weightNorm, weightNormBackward, weightStandardization, weightStandardizationBackward } from "../../../src/index.ts";
import * as reference from "../../../src/reference/index.ts";
import type { LayerRow, Sample } from "./sample.ts";

const WEIGHTS = {
  "convolution 3x3": [8, 4, 3, 3],
  "convolution 7x7 of 3": [5, 3, 7, 7],
  linear: [12, 33],
  recurrent: [16, 20],
  "one output": [1, 50],
} as const;

function weightNormSamples(): Sample[] {
  return Object.entries(WEIGHTS).flatMap(([name, v]) =>
    ([0, -1, null] as const).map((dim): Sample => {
      const kept = dim === null ? 1 : v.at(dim)!;
      return {
        what: `${name} [${v.join(", ")}], dim ${dim}`,
        shapes: { v, dw: v, g: [kept] },
        gpu: (gpu, { v: input, dw, g }) => {
          const { w, saved } = weightNorm(gpu, input!, { g, dim });
          const { dv, dg } = weightNormBackward(gpu, dw!, saved!);
          return { w, norm: saved!.norm, dv, dg: dg! };
        },
        reference: ({ v: input, dw, g }) => {
          const { dv, dg } = reference.weightNormBackward(dw!, input!, { g: g!, dim });
          return { ...reference.weightNormForward(input!, { g: g!, dim }), dv, dg: dg.data };
        },
      };
    }),
  );
}

const FORMS = {
  article: {},
  paper: { correction: 0, epsMode: "insideVariance" },
  "unbiased, eps inside": { correction: 1, epsMode: "insideVariance" },
  "biased, eps outside": { correction: 0, epsMode: "outsideStd", eps: 0.1 },
} as const;

function standardizationSamples(): Sample[] {
  return Object.entries(WEIGHTS)
    .flatMap(([name, v]) =>
      Object.entries(FORMS).flatMap(([form, options]) =>
        ([0, -1] as const).map((dim): Sample => {
          const all = { ...options, dim };
          return {
            what: `${name} [${v.join(", ")}], ${form}, dim ${dim}`,
            shapes: { v, dw: v, gain: [v.at(dim)!] },
            gpu: (gpu, { v: input, dw, gain }) => {
              const { w, saved } = weightStandardization(gpu, input!, { ...all, gain });
              const { dv, dgain } = weightStandardizationBackward(gpu, dw!, saved!, { ...all, gain });
              return { w, rstd: saved!.rstd, dv, dgain: dgain! };
            },
            reference: ({ v: input, dw, gain }) => {
              const { dv, dgain } = reference.weightStandardizationBackward(dw!, input!, { ...all, gain });
              return { ...reference.weightStandardizationForward(input!, { ...all, gain }), dv, dgain: dgain!.data };
            },
          };
        }),
      ),
    )
    .filter(({ shapes }) => shapes["v"]!.length > 0 && !(shapes["gain"]![0] === shapes["v"]!.reduce((a, b) => a * b, 1)));
}

function lpNormSamples(): Sample[] {
  const shapes = { rows: [6, 33], channels: [3, 8, 5, 4] } as const;
  return Object.entries(shapes).flatMap(([name, x]) =>
    ([1, 2, 3.5] as const).flatMap((p) =>
      [[-1], [1], [0, 1]].map((axes): Sample => {
        return {
          what: `${name} [${x.join(", ")}], p ${p}, axes [${axes.join(", ")}]`,
          shapes: { x, dy: x },
          gpu: (gpu, { x: input, dy }) => {
            const { y, saved } = lpNorm(gpu, input!, { p, axes });
            return { y, norm: saved!.norm, dx: lpNormBackward(gpu, dy!, saved!).dx };
          },
          reference: ({ x: input, dy }) => ({
            ...reference.lpNormForward(input!, { p, axes }),
            dx: reference.lpNormBackward(dy!, input!, { p, axes }).dx,
          }),
        };
      }),
    ),
  );
}

/** One row for each layer of weights, and for norms without statistics. */
export const WEIGHT_ROWS: readonly LayerRow[] = [
  { layer: "WeightNorm", samples: weightNormSamples() },
  { layer: "WeightStandardization", samples: standardizationSamples() },
  { layer: "LpNorm", samples: lpNormSamples() },
];
