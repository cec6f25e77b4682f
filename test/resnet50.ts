import type { Shape } from "../src/core/shape.ts";

/** The shapes of the 53 convolution kernels of a ResNet-50 (He et al. 2015, table 1), OIHW; narrower with another width than 64. */
export function resnet50(width = 64): Shape[] {
  const shapes: Shape[] = [[width, 3, 7, 7]];
  let inputs = width;
  for (const [stage, blocks] of [3, 4, 6, 3].entries()) {
    const own = width * 2 ** stage;
    for (let block = 0; block < blocks; block++) {
      shapes.push([own, inputs, 1, 1], [own, own, 3, 3], [4 * own, own, 1, 1]);
      if (block === 0) shapes.push([4 * own, inputs, 1, 1]);
      inputs = 4 * own;
    }
  }
  return shapes;
}
