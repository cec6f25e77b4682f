/**
 * Sums of `values`, or of `values` times `factors`, by the group that `groupOf` gives each element.
 * Neumaier's compensated sum (Neumaier 1974, doi:10.1002/zamm.19740540106): right to the last bits of float64 whatever the count.
 */
export function groupSums(count: number, groupOf: Int32Array, values: Float64Array, factors?: Float64Array): Float64Array {
  const sums = new Float64Array(count);
  const lost = new Float64Array(count);
  for (let i = 0; i < values.length; i++) {
    const group = groupOf[i]!;
    const next = factors ? values[i]! * factors[i]! : values[i]!;
    const sum = sums[group]!;
    const total = sum + next;
    lost[group]! += Math.abs(sum) >= Math.abs(next) ? sum - total + next : next - total + sum;
    sums[group] = total;
  }
  // Where a sum is infinite, what was lost is NaN and says nothing.
  for (let group = 0; group < count; group++) if (Number.isFinite(lost[group]!)) sums[group]! += lost[group]!;
  return sums;
}
