// The derivative of the activation that follows a norm, for backward kernels.

// v, kept from -most to most; a NaN stays.
fn bounded(v: f32, most: f32) -> f32 {
  return select(select(v, most, v > most), -most, v < -most);
}

// sigmoid(v) and 1 - sigmoid(v), neither by a difference that cancels.
fn sigmoid_pair(v: f32) -> vec2f {
  let e = exp(bounded(-v, 87.0));
  let s = 1.0 / (1.0 + e);
  return vec2f(s, e * s);
}

fn gelu_slope(v: f32) -> f32 {
  let u = bounded(v, 13.0);
  let tail = 0.5 * erfc_of(abs(u) * 0.70710678);
  return select(1.0 - tail, tail, u < 0.0) + u * exp(-0.5 * u * u) * 0.39894228;
}

fn gelu_tanh_slope(v: f32) -> f32 {
  let u = bounded(v, 30.0);
  let s = sigmoid_pair(1.5957691 * (u + 0.044715 * u * u * u));
  return s.x + u * s.x * s.y * 1.5957691 * (1.0 + 0.134145 * u * u);
}

fn tanh_slope(v: f32) -> f32 {
  let e = exp(-2.0 * select(abs(v), 43.0, abs(v) > 43.0));
  return 4.0 * e / ((1.0 + e) * (1.0 + e));
}

fn slope_value(v: f32) -> f32 {
  switch (ACTIVATION) {
    case 1u: { return select(0.0, 1.0, v > 0.0); }
    case 2u: {
      let u = bounded(v, 87.0);
      let s = sigmoid_pair(u);
      return s.x * (1.0 + u * s.y);
    }
    case 3u: { return gelu_slope(v); }
    case 4u: { return gelu_tanh_slope(v); }
    case 5u: {
      let s = sigmoid_pair(v);
      return s.x * s.y;
    }
    case 6u: { return tanh_slope(v); }
    default: { return 1.0; }
  }
}

// activation'(v)
fn activation_slope(v: Lane) -> Lane {
  if (ACTIVATION == 0u) { return Lane(1.0); }
  if (LANE == 1u) { return Lane(slope_value(lane_first(v))); }
  return lane_of(
    slope_value(lane_value(v, 0u)),
    slope_value(lane_value(v, 1u)),
    slope_value(lane_value(v, 2u)),
    slope_value(lane_value(v, 3u)),
  );
}
