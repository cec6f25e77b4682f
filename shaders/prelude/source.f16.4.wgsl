// Tensors that a kernel reads hold f16, read four values at a time.
enable f16;
alias Source = vec4<f16>;

// The element of `array<Source>` that holds lane i, and the lane in it.
fn source_at(i: u32) -> u32 { return i; }
fn from_source(v: Source, i: u32) -> Lane { return vec4f(v); }
