// Where a parameter's values lie beside a walk over rows of segments of items (src/core/parameter-view.ts).
struct ParameterView {
  major: u32,
  major_count: u32,
  major_stride: u32,
  minor: u32,
  minor_count: u32,
  minor_stride: u32,
  segment: u32,
  item: u32,
}

fn parameter_base(view: ParameterView, row: u32) -> u32 {
  return row / view.major % view.major_count * view.major_stride + row / view.minor % view.minor_count * view.minor_stride;
}
