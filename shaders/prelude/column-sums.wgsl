// Sums down columns. The kernel says what its columns are: the struct `Column` (with `sum` and `items`) and `load(column, r)`, the value of repeat r.
struct ColumnSums {
  first: Lane,
  second: Lane,
}

// Reads a value that is to be summed, and writes it where x has something added.
fn visit_repeat(column: Column, r: u32) -> Lane {
  let h = load(column, r);
  if (WRITES_SUM) { sum[column.sum + r * column.items] = to_result(h); }
  return h;
}

// One chain of adds, each of four values: repeats begin..end of a column.
fn column_chain(column: Column, shift: Lane, begin: u32, end: u32) -> ColumnSums {
  var sums = ColumnSums(Lane(0.0), Lane(0.0));
  var r = begin;
  // Four loads before their use, and a fourth of the rounds: on a CPU the loop costs as much as what it does.
  for (; r + 3u < end; r += 4u) {
    let h0 = visit_repeat(column, r) - shift;
    let h1 = visit_repeat(column, r + 1u) - shift;
    let h2 = visit_repeat(column, r + 2u) - shift;
    let h3 = visit_repeat(column, r + 3u) - shift;
    sums.first += (h0 + h1) + (h2 + h3);
    sums.second += (h0 * h0 + h1 * h1) + (h2 * h2 + h3 * h3);
  }
  for (; r < end; r++) {
    let h = visit_repeat(column, r) - shift;
    sums.first += h;
    sums.second += h * h;
  }
  return sums;
}
