// Tensors that a kernel reads hold f16, four in two words, on a device that has no f16.
alias Source = vec2u;

// The element of `array<Source>` that holds lane i, and the lane in it.
fn source_at(i: u32) -> u32 { return i; }
fn from_source(v: Source, i: u32) -> Lane {
  return vec4f(half_value(v.x), half_value(v.x >> 16u), half_value(v.y), half_value(v.y >> 16u));
}
