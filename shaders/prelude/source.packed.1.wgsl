// Tensors that a kernel reads hold f16, two in a word, on a device that has no f16.
alias Source = u32;

// The element of `array<Source>` that holds lane i, and the lane in it.
fn source_at(i: u32) -> u32 { return i >> 1u; }
fn from_source(v: Source, i: u32) -> Lane { return half_value(v >> ((i & 1u) << 4u)); }
