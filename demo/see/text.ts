/** A number in at most three digits, with a real minus. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || size < 5e-10) return "0";
  const text = size >= 0.001 && size < 10_000 ? String(Number(value.toPrecision(3))) : value.toExponential(1).replace(".0e", "e");
  return text.replaceAll("-", "−");
}

/** A mean: 0 where it is no more than the rounding of f32. */
export function formatMean({ mean, deviation }: { mean: number; deviation: number }): string {
  return Math.abs(mean) < 1e-6 * deviation ? "0" : formatNumber(mean);
}
