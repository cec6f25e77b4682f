// What mean and variance need beside their sums. The method: docs/decisions.md, "statistics that the data cannot spoil".

// Adds between two flushes of a chain of sums into the next, longer-lived one.
const CHAIN = 32u;
// How many of `total` places to look at for a shift when a row is too long to be held: at least `least`, and the root of all, because one outlier among
// P probes of n values moves the shift by at most sqrt(n) / P standard deviations.
fn probes_of(total: u32, least: u32) -> u32 {
  return max(least, u32(sqrt(f32(total))));
}

// Places looked at in any case: 64 values of a row, or 16 of a column, where each value of a lane is a column of its own.
const ROW_PROBES = 64u / LANE;
const COLUMN_PROBES = 16u;

// mean = shift + delta, where shift is a f32 near the mean and delta what is left; kept apart so that x - mean never cancels.
struct Moments {
  shift: f32,
  delta: f32,
  rstd: f32,
  variance: f32,
}

// The same bits, but nothing can be reassociated across them: `zero` is a uniform that is always 0.
fn opaque(v: f32, zero: u32) -> f32 {
  return bitcast<f32>(bitcast<u32>(v) ^ zero);
}

fn median(a: f32, b: f32, c: f32) -> f32 {
  return max(min(a, b), min(max(a, b), c));
}

// The variance is divided by n - 1, not by n, before eps is added to it.
override UNBIASED: bool = false;
// eps is added to the standard deviation, not to the variance.
override EPS_OUTSIDE: bool = false;

// 1 / sqrt(v), and 0 where v is 0. The Newton step takes inverseSqrt's 2 ULP below one.
fn reciprocal_root(v: f32) -> f32 {
  let r = inverseSqrt(v);
  let refined = r * (1.5 - 0.5 * (v * r) * r);
  return select(refined, 0.0, v <= 0.0);
}

// The variance that rstd is made of, from the biased one of n = 1 / reciprocal values.
fn corrected_variance(variance: f32, reciprocal: f32) -> f32 {
  if (!UNBIASED) { return variance; }
  return variance / (1.0 - reciprocal);
}

// 1 / sqrt(variance + eps), or 1 / (sqrt(variance) + eps); 0 where both are 0.
fn reciprocal_std(variance: f32, reciprocal: f32, eps: f32) -> f32 {
  let v = corrected_variance(variance, reciprocal);
  if (!EPS_OUTSIDE) { return reciprocal_root(v + eps); }
  let deviation = v * reciprocal_root(v) + eps;
  return select(1.0 / deviation, 0.0, deviation <= 0.0);
}

// Moments of n values from sum = (sum of x - shift, sum of its squares); reciprocal = 1 / n.
fn moments_of(shift: f32, sum: vec2f, reciprocal: f32, eps: f32, centered: bool) -> Moments {
  let delta = select(0.0, sum.x * reciprocal, centered);
  let raw = sum.y * reciprocal - delta * delta;
  // select, not max: max may swallow a NaN.
  let variance = select(raw, 0.0, raw < 0.0);
  return Moments(shift, delta, reciprocal_std(variance, reciprocal, eps), variance);
}
