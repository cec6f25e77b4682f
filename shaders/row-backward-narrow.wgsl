// The gradient of narrow rows, for a CPU: an invocation holds a row in registers, and with it gamma, beta and the sums of dgamma and dbeta, while it goes through rows one after another. Nothing is read twice.
struct Params {
  rows: u32,
  rows_per_team: u32,
  segments: u32,
  items: u32,
  plane_stride: u32,
  statistics_stride: u32,
  reciprocal: f32,
  zero: u32,
  gamma_scale: f32,
  gamma_shift: f32,
  x_offset: u32,
  dy_offset: u32,
  dsum_offset: u32,
  statistics_offset: u32,
  gamma_offset: u32,
  beta_offset: u32,
  dx_offset: u32,
  partials_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> dy: array<Source>;
@group(0) @binding(3) var<storage, read> dsum: array<Source>;
@group(0) @binding(4) var<storage, read> statistics: array<f32>;
@group(0) @binding(5) var<storage, read> gamma: array<Parameter>;
@group(0) @binding(6) var<storage, read> beta: array<Parameter>;
@group(0) @binding(7) var<storage, read_write> dx: array<Result>;
@group(0) @binding(8) var<storage, read_write> partials: array<Lane>;

// Lanes of a row.
override HELD: u32 = 1u;

// What rows have in common in a lane, with its sums so far.
struct Column { gamma: Lane, beta: Lane, dgamma: Lane, dbeta: Lane }
struct ColumnFour { c0: Column, c1: Column, c2: Column, c3: Column }
struct Columns { a: ColumnFour, b: ColumnFour, c: ColumnFour, d: ColumnFour }

// A lane of a row: x, and dy behind the activation.
struct Value { x: Lane, d: Lane }
struct ValueFour { v0: Value, v1: Value, v2: Value, v3: Value }
struct Values { a: ValueFour, b: ValueFour, c: ValueFour, d: ValueFour }

fn column_at(k: u32) -> Column {
  var own = Column(Lane(1.0), Lane(0.0), Lane(0.0), Lane(0.0));
  if (k < HELD) { own.gamma = gamma_at(params.gamma_offset + k); }
  if (k < HELD && ACTIVATION != 0u) { own.beta = beta_at(params.beta_offset + k); }
  return own;
}

fn four_columns(k: u32) -> ColumnFour { return ColumnFour(column_at(k), column_at(k + 1u), column_at(k + 2u), column_at(k + 3u)); }

fn value_at(row: Row, own: Column, k: u32) -> Value {
  if (k >= HELD) { return Value(Lane(0.0), Lane(0.0)); }
  let v = x_at(row, k);
  return Value(v, slope_of(dy_at(row, k), xhat_of(row, v), own.gamma, own.beta));
}

fn four_values(row: Row, own: ColumnFour, k: u32) -> ValueFour {
  return ValueFour(value_at(row, own.c0, k), value_at(row, own.c1, k + 1u), value_at(row, own.c2, k + 2u), value_at(row, own.c3, k + 3u));
}

fn distance_of(value: Value, k: u32, start: f32) -> Lane { return select(Lane(0.0), value.d - start, k < HELD); }

fn four_distances(four: ValueFour, k: u32, start: f32) -> Lane {
  return (distance_of(four.v0, k, start) + distance_of(four.v1, k + 1u, start)) + (distance_of(four.v2, k + 2u, start) + distance_of(four.v3, k + 3u, start));
}

// The mean of d, and one of the row's gammas.
fn shift_of(held: Values, columns: Columns) -> Shift {
  if (!CENTERED) { return Shift(0.0, 0.0); }
  let start = lane_first(held.a.v0.d);
  let low = four_distances(held.a, 0u, start) + four_distances(held.b, 4u, start);
  let all = low + (four_distances(held.c, 8u, start) + four_distances(held.d, 12u, start));
  return Shift(opaque(start + lane_sum(all) * params.reciprocal, params.zero), lane_first(columns.a.c0.gamma));
}

// Sums of e and of e * xhat.
struct Sums { first: Lane, second: Lane }

fn add(sums: Sums, row: Row, value: Value, own: Column, shift: Shift, k: u32) -> Sums {
  if (k >= HELD) { return sums; }
  let e = deviation_of(value.d, own.gamma, shift);
  return Sums(sums.first + e, sums.second + e * xhat_of(row, value.x));
}

fn add_four(sums: Sums, row: Row, four: ValueFour, own: ColumnFour, shift: Shift, k: u32) -> Sums {
  let low = add(add(sums, row, four.v0, own.c0, shift, k), row, four.v1, own.c1, shift, k + 1u);
  return add(add(low, row, four.v2, own.c2, shift, k + 2u), row, four.v3, own.c3, shift, k + 3u);
}

// Writes dx, and gives the column with what the row adds to it.
fn finish(row: Row, value: Value, own: Column, slope: Slope, k: u32) -> Column {
  if (k >= HELD) { return own; }
  if (WRITES_DX) { write_dx(row, k, value.x, deviation_of(value.d, own.gamma, slope.shift), slope); }
  return Column(own.gamma, own.beta, own.dgamma + value.d * xhat_of(row, value.x), own.dbeta + value.d);
}

fn finish_four(row: Row, four: ValueFour, own: ColumnFour, slope: Slope, k: u32) -> ColumnFour {
  return ColumnFour(
    finish(row, four.v0, own.c0, slope, k),
    finish(row, four.v1, own.c1, slope, k + 1u),
    finish(row, four.v2, own.c2, slope, k + 2u),
    finish(row, four.v3, own.c3, slope, k + 3u),
  );
}

fn keep(own: Column, at: u32, k: u32) {
  if (k >= HELD) { return; }
  if (WRITES_DGAMMA) { partials[at + k] = own.dgamma; }
  if (WRITES_DBETA) { partials[at + params.plane_stride + k] = own.dbeta; }
}

fn keep_four(own: ColumnFour, at: u32, k: u32) {
  keep(own.c0, at, k);
  keep(own.c1, at, k + 1u);
  keep(own.c2, at, k + 2u);
  keep(own.c3, at, k + 3u);
}

fn work(team: u32, inv: Invocation) {
  let first = team * params.rows_per_team;
  // Arrays are never empty: a compiler that sees their lengths here counts each of them once, not at every access.
  if ((first >= params.rows) | (arrayLength(&x) == 0u) | (arrayLength(&dy) == 0u) | (arrayLength(&dx) == 0u)) { return; }
  let end = min(first + params.rows_per_team, params.rows);
  var columns = Columns(four_columns(0u), four_columns(4u), four_columns(8u), four_columns(12u));
  for (var index = first; index < end; index++) {
    let row = row_of(index);
    let held = Values(
      four_values(row, columns.a, 0u),
      four_values(row, columns.b, 4u),
      four_values(row, columns.c, 8u),
      four_values(row, columns.d, 12u),
    );
    var slope = Slope(Shift(0.0, 0.0), 0.0, 0.0);
    if (WRITES_DX && !FIXED) {
      let shift = shift_of(held, columns);
      let low = add_four(add_four(Sums(Lane(0.0), Lane(0.0)), row, held.a, columns.a, shift, 0u), row, held.b, columns.b, shift, 4u);
      let sums = add_four(add_four(low, row, held.c, columns.c, shift, 8u), row, held.d, columns.d, shift, 12u);
      slope = slope_from(row, shift, vec2f(lane_sum(sums.first), lane_sum(sums.second)));
    }
    columns.a = finish_four(row, held.a, columns.a, slope, 0u);
    columns.b = finish_four(row, held.b, columns.b, slope, 4u);
    columns.c = finish_four(row, held.c, columns.c, slope, 8u);
    columns.d = finish_four(row, held.d, columns.d, slope, 12u);
  }
  let at = params.partials_offset + team * HELD;
  keep_four(columns.a, at, 0u);
  keep_four(columns.b, at, 4u);
  keep_four(columns.c, at, 8u);
  keep_four(columns.d, at, 12u);
}

@compute @workgroup_size(WORKGROUP)
fn row_backward_narrow(inv: Invocation) {
  work_teams(inv);
}
