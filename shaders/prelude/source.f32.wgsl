// Tensors that a kernel reads a lane at a time hold f32.
alias Source = Lane;

// The element of `array<Source>` that holds lane i, and the lane in it.
fn source_at(i: u32) -> u32 { return i; }
fn from_source(v: Source, i: u32) -> Lane { return v; }
