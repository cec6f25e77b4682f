// The sums of a gradient along a line. The kernel says what is summed: the struct `Value` and `value_of(line, k, n, g, b)`, and which of n, g and b vary.
struct LineSums { e: Lane, exhat: Lane, xhat: Lane, v: Lane } // v for itself: n * s + e would lose its digits where v cancels.

// Values start..end of a line that are this invocation's.
fn line_sums(line: Line, shift: Lane, start: u32, end: u32, inv: Invocation) -> LineSums {
  var sums = LineSums(Lane(0.0), Lane(0.0), Lane(0.0), Lane(0.0));
  var n = Norm(Lane(0.0), Lane(0.0), Lane(0.0));
  if (!PLAIN) { n = line_norm(line, start); }
  var g = gamma_at(line.gamma);
  var b = beta_at(line.beta);
  for (var part = start; part < end; part += CHAIN * team_width(inv)) {
    var chain = LineSums(Lane(0.0), Lane(0.0), Lane(0.0), Lane(0.0));
    let part_end = min(part + CHAIN * team_width(inv), end);
    var k = part + team_lane(inv);
    let width = team_width(inv);
    if (!STATISTICS_VARY && !PARAMETERS_VARY) {
      // In pairs: on a CPU the loop costs as much as what it does.
      for (; k + width < part_end; k += 2u * width) {
        let one = value_of(line, k, n, g, b);
        let two = value_of(line, k + width, n, g, b);
        let first = one.v - shift;
        let second = two.v - shift;
        chain.e += first + second;
        chain.exhat += first * one.xhat + second * two.xhat;
        // One by one: the sum of a pair rounds once more, and v may cancel.
        chain.v += one.v;
        chain.v += two.v;
        if (CENTERED) { chain.xhat += one.xhat + two.xhat; }
      }
    }
    for (; k < part_end; k += width) {
      if (STATISTICS_VARY) { n = line_norm(line, k); }
      if (PARAMETERS_VARY) {
        g = gamma_at(line.gamma + k * line.gamma_step);
        b = beta_at(line.beta + k * line.beta_step);
      }
      let value = value_of(line, k, n, g, b);
      let e = value.v - shift;
      chain.e += e;
      chain.exhat += e * value.xhat;
      chain.v += value.v;
      if (CENTERED) { chain.xhat += value.xhat; }
    }
    sums.e += chain.e;
    sums.exhat += chain.exhat;
    sums.xhat += chain.xhat;
    sums.v += chain.v;
  }
  return sums;
}
