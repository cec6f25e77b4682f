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

// One term: row / divisor % count * stride. A CPU divides slowly, so nothing is divided in vain.
fn parameter_term(row: u32, divisor: u32, count: u32, stride: u32) -> u32 {
  if (stride == 0u) { return 0u; }
  var index = row;
  if (divisor != 1u) { index /= divisor; }
  if (index >= count) { index %= count; }
  return index * stride;
}

fn parameter_base(view: ParameterView, row: u32) -> u32 {
  return parameter_term(row, view.major, view.major_count, view.major_stride) + parameter_term(row, view.minor, view.minor_count, view.minor_stride);
}

// More than one segment a row, in kernels that walk whole rows.
override SEGMENTED: bool = false;

// The index of item i of a row, counted through its segments of `items` items.
fn parameter_at(view: ParameterView, base: u32, i: u32, items: u32) -> u32 {
  if (!SEGMENTED) { return base + i * view.item; }
  let segment = i / items;
  return base + segment * view.segment + (i - segment * items) * view.item;
}
