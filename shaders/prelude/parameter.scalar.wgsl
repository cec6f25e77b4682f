// gamma, beta and residual_bias are the same for all values of a lane.
alias Parameter = f32;
