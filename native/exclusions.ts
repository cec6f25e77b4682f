/** Tests that need more than a GPU, or that an implementation cannot pass. Every other test of test/**\/*.page.test.ts runs. */
export interface Exclusion {
  /** The implementation; both where it is left out. */
  readonly on?: "dawn" | "deno";
  /** A file, or a pattern of files. */
  readonly file: string;
  /** The test's name; every test of the file where it is left out. */
  readonly test?: string;
  readonly reason: string;
}

export const EXCLUSIONS: readonly Exclusion[] = [
  { file: "test/gpu/content-security-policy.page.test.ts", reason: "loads a page under a content security policy" },
  { file: "test/demo/**/*.page.test.ts", reason: "TensorFlow.js trains beside the layers, and it takes a browser's WebGPU alone" },
  { file: "test/claim/**/*.page.test.ts", reason: "as those of test/demo" },
  {
    on: "deno",
    file: "test/gpu/lost.page.test.ts",
    test: "a loss while a prepare is pending: at once, and one, two and three turns later",
    reason: "wgpu compiles inside createComputePipelineAsync: nothing is pending when the device is lost",
  },
];

/**
 * Left out unless the run is for all files (`--all`) or names files: pipelines are compiled some five times as slowly here as in Chrome, and these files compile the most. Every kernel and team that
 * they reach is reached by the table of layers, in f32 and f16, and compiled in every variant by test/shaders.
 */
export const LONG: readonly string[] = [
  "guard/guard",
  "layers/backward",
  "layers/batch-channel-norm",
  "layers/fuzz-backward",
  "layers/lp-norm",
  "layers/p-norm-half",
  "layers/packed",
  "layers/properties",
  "layers/row-backward",
  "layers/row-block",
  "layers/synchronized-batch-norm",
  "layers/weight-norm",
  "layers/weight-standardization",
  "layers/weight-standardization-backward",
].map((stem) => `test/${stem}.page.test.ts`);

/** Why a test does not run on an implementation, or undefined where it does. */
export function exclusionOf(on: string, file: string, name: string): string | undefined {
  return EXCLUSIONS.find((one) => (one.on ?? on) === on && one.file === file && (one.test ?? name) === name)?.reason;
}
