// What the kernels of rows that are read twice share: where a row lies, what is read of it, its moments, and the line that makes y.
// Rows of at most 64 lanes: one chain of adds.
override SHORT: bool = false;
override CENTERED: bool = true;
override SUBTRACTS_MEAN: bool = true;
override HAS_RESIDUAL: bool = false;
override HAS_RESIDUAL_BIAS: bool = false;
override WRITES_SUM: bool = false;
override WRITES_STATISTICS: bool = false;

// Where a row starts in each tensor. Kept in locals: a CPU would load a uniform again for every value.
struct Row {
  x: u32,
  residual: u32,
  residual_bias: u32,
  sum: u32,
  y: u32,
  // (shift, delta * rstd, rstd), once they are known: xhat = (h - shift) * rstd - delta * rstd.
  factors: vec3f,
}

fn row_of(index: u32) -> Row {
  let base = index * params.segments * params.items;
  var bias = 0u;
  if (HAS_RESIDUAL_BIAS) { bias = params.residual_bias_offset + parameter_base(params.residual_bias_view, index); }
  return Row(params.x_offset + base, params.residual_offset + base, bias, params.sum_offset + base, params.y_offset + base, vec3f(0.0));
}

fn load(row: Row, i: u32) -> Lane {
  var h = from_source(x[source_at(row.x + i)], row.x + i);
  if (HAS_RESIDUAL) { h += from_source(residual[source_at(row.residual + i)], row.residual + i); }
  if (HAS_RESIDUAL_BIAS) { h += Lane(residual_bias[parameter_at(params.residual_bias_view, row.residual_bias, i, params.items)]); }
  return h;
}

// What the first read of a row does, once a lane.
fn visit(row: Row, i: u32) -> Lane {
  let h = load(row, i);
  if (WRITES_SUM) { sum[row.sum + i] = to_result(h); }
  return h;
}

fn beside(row: Row, i: u32, e: Lane) -> Lane { return e; }

fn row_moments(row: Row, total: u32, inv: Invocation) -> Moments {
  var shift = 0.0;
  if (CENTERED) { shift = row_shift(row, total, inv); }
  var sums: Sums;
  if (SHORT) { sums = chain_sums(row, shift, 0u, total, inv); } else { sums = long_sums(row, shift, total, inv); }
  let whole = team_sum(vec2f(lane_sum(sums.first), lane_sum(sums.second)), inv);
  return moments_of(shift, whole, params.reciprocal, params.eps, CENTERED);
}

fn factors_of(shift: f32, delta: f32, rstd: f32) -> vec3f {
  if (!SUBTRACTS_MEAN) { return vec3f(0.0, 0.0, rstd); }
  return vec3f(shift, delta * rstd, rstd);
}

fn normalize(row: Row, i: u32, g: Lane, b: Lane) {
  var h: Lane;
  if (WRITES_SUM && RESULT_EXACT) { h = from_result(sum[row.sum + i]); } else { h = load(row, i); }
  y[row.y + i] = to_result(activate(((h - row.factors.x) * row.factors.z - row.factors.y) * g + b));
}

// Where gamma and beta of a team's rows lie, with their values where those are a segment's.
struct Affine {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  gamma: u32,
  beta: u32,
  scale: Lane,
  offset: Lane,
}

fn affine_of(index: u32) -> Affine {
  let gamma_view = params.gamma_view;
  let beta_view = params.beta_view;
  let gamma_base = params.gamma_offset + parameter_base(gamma_view, index);
  return Affine(gamma_view, beta_view, gamma_base, params.beta_offset + parameter_base(beta_view, index), Lane(1.0), Lane(0.0));
}

fn affine_at(affine: Affine, i: u32) -> Affine {
  var own = affine;
  own.scale = gamma_at(parameter_at(affine.gamma_view, affine.gamma, i, params.items));
  own.offset = beta_at(parameter_at(affine.beta_view, affine.beta, i, params.items));
  return own;
}
