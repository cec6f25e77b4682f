// gamma and beta of kernels that write y; where one is absent it is 1 or 0 and its binding is never touched.
override HAS_GAMMA: bool = false;
override HAS_BETA: bool = false;
// The factor is gamma * gamma_scale + gamma_shift: 1 + gamma, or gamma / sqrt(fan in).
override SCALES_GAMMA: bool = false;

fn gamma_at(i: u32) -> Lane {
  var g = Lane(1.0);
  if (HAS_GAMMA) { g = Lane(gamma[i]); }
  if (SCALES_GAMMA) { g = g * params.gamma_scale + params.gamma_shift; }
  return g;
}

fn beta_at(i: u32) -> Lane {
  if (!HAS_BETA) { return Lane(0.0); }
  return Lane(beta[i]);
}
