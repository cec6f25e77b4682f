/** Channels of the four stages of a ResNet-50, the side of their activations at 224 x 224, and their blocks (He et al. 2015, table 1). */
const STAGES = [
  [64, 56, 3],
  [128, 28, 4],
  [256, 14, 6],
  [512, 7, 3],
] as const;

/** Shapes of the 53 activations that a ResNet-50 normalizes, NCHW, in the order of a forward pass; the stride lies in the 3 x 3 convolution, as in torchvision. */
export function resnet50Norms(batch: number): (readonly number[])[] {
  const shapes: (readonly number[])[] = [[batch, 64, 112, 112]];
  let before = 56;
  for (const [channels, side, blocks] of STAGES) {
    for (let block = 0; block < blocks; block++) {
      const entry = block === 0 ? before : side;
      shapes.push([batch, channels, entry, entry], [batch, channels, side, side], [batch, 4 * channels, side, side]);
      if (block === 0) shapes.push([batch, 4 * channels, side, side]);
    }
    before = side;
  }
  return shapes;
}
