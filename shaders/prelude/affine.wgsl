// gamma and beta of kernels that write y; where one is absent it is 1 or 0 and its binding is never touched.
override HAS_GAMMA: bool = false;
override HAS_BETA: bool = false;

fn gamma_at(i: u32) -> Lane {
  if (!HAS_GAMMA) { return Lane(1.0); }
  return Lane(gamma[i]);
}

fn beta_at(i: u32) -> Lane {
  if (!HAS_BETA) { return Lane(0.0); }
  return Lane(beta[i]);
}
