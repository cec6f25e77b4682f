// gamma, beta and residual_bias differ from value to value and are read a lane at a time.
alias Parameter = Lane;
