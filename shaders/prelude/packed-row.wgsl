// Rows of many tensors that lie in one buffer: each is a line of the table (src/gpu/pack.ts).
struct Row {
  // Lane where the row starts, lanes that it has, and lanes from one to the next: more than 1 where rows are columns.
  start: u32,
  length: u32,
  step: u32,
  // Index of its parameter.
  parameter: u32,
  // What a kernel has to know of the row to read it.
  known: vec3f,
}

// The row that a team takes: rows are taken in the order that follows them in the table, where there is one.
fn row_index(team: u32, live: bool) -> u32 {
  let place = params.first + select(0u, team, live);
  if (params.order == 0u) { return place; }
  return table[params.table_offset + params.order + place / 4u][place % 4u];
}

fn packed_row(index: u32, live: bool) -> Row {
  let line = table[params.table_offset + index];
  return Row(line.x / LANE, select(0u, line.y / LANE, live), line.z, line.w, vec3f(0.0));
}

// The place of lane i of a row beside the start of the buffer.
fn place_of(row: Row, i: u32) -> u32 { return row.start + i * row.step; }

fn reciprocal_length(row: Row) -> f32 { return 1.0 / f32(max(row.length, 1u) * LANE); }
