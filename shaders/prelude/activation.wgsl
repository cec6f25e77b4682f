// The activation that follows a norm, chosen when the pipeline is made: src/core/activation.ts has the numbers.
override ACTIVATION: u32 = 0u;

fn sigmoid_of(v: f32) -> f32 {
  // Past 88 exp leaves f32, and WGSL promises nothing for what follows.
  // select, not min, which may swallow a NaN.
  return 1.0 / (1.0 + exp(select(-v, 88.0, -v > 88.0)));
}

fn tanh_of(v: f32) -> f32 {
  let e = exp(-2.0 * select(abs(v), 44.0, abs(v) > 44.0));
  let far = (1.0 - e) / (1.0 + e);
  // Near 0 the quotient cancels; v - v^3/3 + 2 v^5/15 is exact to f32 below 0.05.
  let s = v * v;
  let near = v * (1.0 - s * (0.33333333 - s * 0.13333333));
  return select(select(far, -far, v < 0.0), near, abs(v) < 0.05);
}

// erfc for v >= 0 to 1.2e-7 relative: Numerical Recipes' Chebyshev fit.
fn erfc_of(v: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.5 * v);
  var p = 0.17087277;
  p = p * t - 0.82215223;
  p = p * t + 1.48851587;
  p = p * t - 1.13520398;
  p = p * t + 0.27886807;
  p = p * t - 0.18628806;
  p = p * t + 0.09678418;
  p = p * t + 0.37409196;
  p = p * t + 1.00002368;
  p = p * t - 1.26551223;
  let power = p - v * v;
  return t * exp(select(power, -87.0, power < -87.0));
}

fn gelu_of(v: f32) -> f32 {
  let tail = 0.5 * v * erfc_of(abs(v) * 0.70710678);
  return select(v - tail, tail, v < 0.0);
}

fn activate_value(v: f32) -> f32 {
  switch (ACTIVATION) {
    case 1u: { return select(v, 0.0, v < 0.0); }
    case 2u: { return v * sigmoid_of(v); }
    case 3u: { return gelu_of(v); }
    case 4u: { return v * sigmoid_of(1.5957691 * (v + 0.044715 * v * v * v)); }
    case 5u: { return sigmoid_of(v); }
    case 6u: { return tanh_of(v); }
    default: { return v; }
  }
}

fn activate(v: Lane) -> Lane {
  if (ACTIVATION == 0u) { return v; }
  if (LANE == 1u) { return Lane(activate_value(lane_first(v))); }
  return lane_of(
    activate_value(lane_value(v, 0u)),
    activate_value(lane_value(v, 1u)),
    activate_value(lane_value(v, 2u)),
    activate_value(lane_value(v, 3u)),
  );
}
