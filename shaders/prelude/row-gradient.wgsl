// What the kernels of a row's gradient share: where a row lies, its xhat and h, and the line that makes dx (src/reference/gradient.ts):
// dx = rstd * (h - mean(h) - direction * mean(h * xhat)) + dsum, with h = dy * activation'(xhat * gamma + beta) * gamma.
// False: x is scaled but its mean stays in it.
override SUBTRACTS_MEAN: bool = true;
// mean(h) is taken out: the statistics move with the mean, and it is subtracted.
override CENTERED: bool = true;
// The statistics were given: dx = rstd * h + dsum.
override FIXED: bool = false;
override HAS_DSUM: bool = false;
override WRITES_DX: bool = true;
override WRITES_DGAMMA: bool = false;
override WRITES_DBETA: bool = false;

// Where a row starts in each tensor, and its statistics. Kept in locals: a CPU would load a uniform again for every value.
struct Row {
  x: u32,
  dy: u32,
  dsum: u32,
  dx: u32,
  shift: f32,
  // The rest of the mean, times rstd.
  delta: f32,
  rstd: f32,
  variance: f32,
}

fn row_of(index: u32) -> Row {
  let base = index * params.segments * params.items;
  let at = params.statistics_offset + index;
  let rstd = statistics[at + params.statistics_stride];
  let shift = statistics[at + 2u * params.statistics_stride];
  let delta = statistics[at + 3u * params.statistics_stride] * rstd;
  var variance = 0.0;
  if (EPS_OUTSIDE) { variance = statistics[at + 4u * params.statistics_stride]; }
  return Row(params.x_offset + base, params.dy_offset + base, params.dsum_offset + base, params.dx_offset + base, shift, delta, rstd, variance);
}

fn x_at(row: Row, i: u32) -> Lane { return from_source(x[source_at(row.x + i)], row.x + i); }
fn dy_at(row: Row, i: u32) -> Lane { return from_source(dy[source_at(row.dy + i)], row.dy + i); }

// (x - mean) * rstd: the direction in which the variance moves.
fn direction_of(row: Row, v: Lane) -> Lane { return (v - row.shift) * row.rstd - row.delta; }

fn xhat_of(row: Row, v: Lane) -> Lane {
  if (!SUBTRACTS_MEAN) { return v * row.rstd; }
  return direction_of(row, v);
}

// dy behind the activation.
fn slope_of(d: Lane, xhat: Lane, g: Lane, b: Lane) -> Lane {
  if (ACTIVATION == 0u) { return d; }
  return d * activation_slope(xhat * g + b);
}

// h = gamma * shift + e, with a value near the mean of dy (behind the activation) and one of the row's gammas: e is small where h lies far from 0, and nothing is rounded at h's size.
struct Shift {
  dy: f32,
  gamma: f32,
}

fn deviation_of(d: Lane, g: Lane, shift: Shift) -> Lane {
  if (!CENTERED) { return d * g; }
  // Opaque, so that (d - shift) - mean is never d - (shift + mean).
  if (!HAS_GAMMA && !SCALES_GAMMA) { return lane_opaque(d - shift.dy, params.zero); }
  return (d - shift.dy) * g + (g - shift.gamma) * shift.dy;
}

// The means of e and of e * xhat, the second with what the kind of standard deviation makes of it.
struct Slope {
  shift: Shift,
  mean: f32,
  along: f32,
}

// From the sums of e and of e * xhat over the row. sum(xhat) = 0 where the mean is subtracted, so that a shift of h adds nothing to the second.
fn slope_from(row: Row, shift: Shift, sums: vec2f) -> Slope {
  var along = sums.y * params.reciprocal;
  if (UNBIASED) { along /= 1.0 - params.reciprocal; }
  if (EPS_OUTSIDE) {
    let variance = corrected_variance(row.variance, params.reciprocal);
    let deviation = variance * reciprocal_root(variance) * row.rstd;
    along = select(along / deviation, 0.0, deviation <= 0.0);
  }
  return Slope(shift, select(0.0, sums.x * params.reciprocal, CENTERED), along);
}

fn store_dx(row: Row, i: u32, own: Lane) {
  var d = own;
  if (HAS_DSUM) { d += from_source(dsum[source_at(row.dsum + i)], row.dsum + i); }
  dx[row.dx + i] = to_result(d);
}

// v = x, e = h where nothing is shifted.
fn write_dx(row: Row, i: u32, v: Lane, e: Lane, slope: Slope) {
  var d = e * row.rstd;
  if (!FIXED) { d = ((e - slope.mean) - direction_of(row, v) * slope.along) * row.rstd; }
  store_dx(row, i, d);
}
