import { localResponseNorm, localResponseNormBackward, meanVarianceNorm, meanVarianceNormBackward, type Gpu } from "../../src/index.ts";
import type { Case } from "./check.ts";
import { interpretKin } from "./interpret-kin.ts";

/** Runs a case of local response or mean variance normalization through the public API on the GPU; null where its op is another. */
export async function runKin(testCase: Case, gpu: Gpu): Promise<Record<string, ArrayLike<number>> | null> {
  if (testCase.op !== "lrn" && testCase.op !== "mvn") return null;
  const meaning = interpretKin(testCase)!;
  if (meaning.layer !== "localResponse" && meaning.layer !== "meanVariance") return null;
  const { y, dx } = gpu.tidy(() => {
    const [x, dy] = [meaning.x, meaning.dy].map(
      (values) => values && gpu.tensor(values.data, values.shape, { dtype: values.dtype === "float16" ? "f16" : "f32" }),
    );
    if (meaning.layer === "meanVariance") {
      const { y: normalized, saved } = meanVarianceNorm(gpu, x!, meaning.options);
      return { y: normalized, dx: dy && meanVarianceNormBackward(gpu, dy, saved!, meaning.options).dx };
    }
    const result = localResponseNorm(gpu, x!, meaning.options);
    return { y: result.y, dx: dy && localResponseNormBackward(gpu, dy, result.saved!).dx };
  });
  const outputs = { y: await y.read(), ...(dx && { dx: await dx.read() }) };
  y.destroy();
  dx?.destroy();
  return outputs;
}
