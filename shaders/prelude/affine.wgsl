// gamma and beta of kernels that write y; where one is absent it is 1 or 0 and its binding is never touched.
override HAS_GAMMA: bool = false;
override HAS_BETA: bool = false;
// The factor is gamma * gamma_scale + gamma_shift: 1 + gamma, or gamma / sqrt(fan in).
override SCALES_GAMMA: bool = false;

// gamma and beta as they are stored: one value where all values of a lane share them, which a CPU keeps in one register, not four.
fn gamma_value(i: u32) -> Parameter {
  var g = Parameter(1.0);
  if (HAS_GAMMA) { g = gamma[i]; }
  if (SCALES_GAMMA) { g = g * params.gamma_scale + params.gamma_shift; }
  return g;
}

fn beta_value(i: u32) -> Parameter {
  if (!HAS_BETA) { return Parameter(0.0); }
  return beta[i];
}

fn gamma_at(i: u32) -> Lane { return Lane(gamma_value(i)); }
fn beta_at(i: u32) -> Lane { return Lane(beta_value(i)); }
