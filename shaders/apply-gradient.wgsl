// dx = rstd * (h - mean(h) - direction * mean(h * xhat)) + dsum, the means known: h = dy * activation'(y) * gamma. Where gamma is the same for all values of a
// statistic (FACTORED) the means are those of dy * activation'(y), and gamma multiplies the whole. Statistics that were given are not followed (FIXED): dx = rstd * h + dsum.
struct Params {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  statistics_view: ParameterView,
  teams: u32,
  chunks: u32,
  span: u32,
  repeats: u32,
  items: u32,
  statistics_stride: u32,
  statistics_run: u32,
  coefficients_stride: u32,
  gamma_scale: f32,
  gamma_shift: f32,
  x_offset: u32,
  dy_offset: u32,
  dsum_offset: u32,
  gamma_offset: u32,
  beta_offset: u32,
  statistics_offset: u32,
  coefficients_offset: u32,
  dx_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> dy: array<Source>;
@group(0) @binding(3) var<storage, read> dsum: array<Source>;
@group(0) @binding(4) var<storage, read> gamma: array<Parameter>;
@group(0) @binding(5) var<storage, read> beta: array<Parameter>;
@group(0) @binding(6) var<storage, read> statistics: array<f32>;
@group(0) @binding(7) var<storage, read> coefficients: array<f32>;
@group(0) @binding(8) var<storage, read_write> dx: array<Result>;

override FACTORED: bool = false;
override FIXED: bool = false;
// The mean is subtracted, and dx follows it.
override CENTERED: bool = true;
// The mean stays in xhat = x * rstd, while the variance follows x - mean.
override KEEPS_MEAN: bool = false;
override HAS_DSUM: bool = false;
override PARAMETERS_VARY: bool = false;

// What dx subtracts: first and rest of mean(h), and along = mean(h * xhat).
struct Means {
  first: Lane,
  rest: Lane,
  along: Lane,
}

fn coefficient_at(base: u32, j: u32, plane: u32) -> Lane {
  let at = base - params.statistics_offset + params.coefficients_offset + plane * params.coefficients_stride;
  if (!STATISTICS_BY_ITEM) { return Lane(coefficients[at]); }
  if (LANE == 1u) { return Lane(coefficients[statistic_of(at, j, 0u)]); }
  return lane_of(
    coefficients[statistic_of(at, j, 0u)],
    coefficients[statistic_of(at, j, 1u)],
    coefficients[statistic_of(at, j, 2u)],
    coefficients[statistic_of(at, j, 3u)],
  );
}

fn line_means(line: Line, k: u32) -> Means {
  let base = line.statistic + k * line.statistic_step;
  let j = select(k, line.column, COLUMNS);
  var means = Means(Lane(0.0), Lane(0.0), Lane(0.0));
  if (FIXED) { return means; }
  if (CENTERED) {
    means.first = coefficient_at(base, j, 0u);
    means.rest = coefficient_at(base, j, 1u);
  }
  means.along = coefficient_at(base, j, 2u);
  return means;
}

// Where a line starts in each tensor, and how far apart its values are.
struct Place {
  value: u32,
  dy: u32,
  dsum: u32,
  dx: u32,
  step: u32,
}

fn x_at(place: Place, k: u32) -> Lane {
  let i = place.value + k * place.step;
  return from_source(x[source_at(i)], i);
}

fn dy_at(place: Place, k: u32) -> Lane {
  let i = place.dy + k * place.step;
  return from_source(dy[source_at(i)], i);
}

fn write_dx(place: Place, k: u32, d: Lane) {
  var sum = d;
  if (HAS_DSUM) {
    let i = place.dsum + k * place.step;
    sum += from_source(dsum[source_at(i)], i);
  }
  dx[place.dx + k * place.step] = to_result(sum);
}

// dx = (h - first) * factor + ((x - shift) * rstd * along + rest): what a line has in common, folded. rstd stays out of `along`: its square leaves f32 where x is tiny and eps 0.
struct Folded {
  norm: Norm,
  gamma: Lane,
  beta: Lane,
  first: Lane,
  factor: Lane,
  along: Lane,
  rest: Lane,
}

fn folded_of(n: Norm, means: Means, g: Lane, b: Lane) -> Folded {
  var factor = n.rstd;
  if (FACTORED) { factor *= g; }
  let along = -means.along * factor;
  return Folded(n, g, b, means.first, factor, along, -means.rest * factor - along * n.delta);
}

fn gradient_of(own: Folded, v: Lane, d: Lane) -> Lane {
  let scaled = (v - own.norm.shift) * own.norm.rstd;
  var h = through_activation(d, scaled - own.norm.delta, own.gamma, own.beta);
  if (!FACTORED) { h *= own.gamma; }
  if (FIXED) { return h * own.factor; }
  // Never (h - first) - rest, which may be reassociated.
  return (h - own.first) * own.factor + (scaled * own.along + own.rest);
}

fn work(team: u32, inv: Invocation) {
  // A compiler that sees the lengths of arrays here counts each of them once, not at every access. None is empty.
  let shortest = min(min(arrayLength(&x), arrayLength(&dy)), arrayLength(&dx));
  if ((team >= params.teams) | (shortest == 0u)) { return; }
  // A chunk of a row, or of a column of a row.
  var lines = team;
  if (params.chunks > 1u) { lines = team / params.chunks; }
  var chunk = team - lines * params.chunks;
  var length = params.items;
  var row = lines;
  var column = 0u;
  if (COLUMNS) {
    // Neighbouring invocations go down neighbouring columns.
    let slice = team / params.items;
    column = team - slice * params.items;
    row = slice / params.chunks;
    chunk = slice - row * params.chunks;
    length = params.repeats;
  }
  let line = line_of(row, column);
  let start = chunk * params.span;
  let end = min(start + params.span, length);
  // No line crosses from one statistic to the next.
  let n = line_norm(line, start);
  let means = line_means(line, start);
  var g = gamma_at(line.gamma);
  var b = beta_at(line.beta);
  let at = Place(params.x_offset + line.at, params.dy_offset + line.at, params.dsum_offset + line.at, params.dx_offset + line.at, line.step);
  var k = start + team_lane(inv);
  let width = team_width(inv);
  if (!PARAMETERS_VARY && !KEEPS_MEAN) {
    let own = folded_of(n, means, g, b);
    // In pairs, for a CPU: four at once do not fit its registers beside the coefficients.
    for (; k + width < end; k += 2u * width) {
      let v0 = x_at(at, k);
      let d0 = dy_at(at, k);
      let v1 = x_at(at, k + width);
      let d1 = dy_at(at, k + width);
      write_dx(at, k, gradient_of(own, v0, d0));
      write_dx(at, k + width, gradient_of(own, v1, d1));
    }
  }
  for (; k < end; k += width) {
    if (PARAMETERS_VARY) {
      g = gamma_at(line.gamma + k * line.gamma_step);
      b = beta_at(line.beta + k * line.beta_step);
    }
    let value = x_at(at, k);
    var own = folded_of(n, means, g, b);
    if (KEEPS_MEAN) {
      let base = line.statistic + k * line.statistic_step;
      let j = select(k, line.column, COLUMNS);
      let direction = (value - plane_at(base, j, 2u)) * n.rstd - plane_at(base, j, 3u) * n.rstd;
      own.rest = -(means.rest + direction * means.along) * own.factor;
      own.along = Lane(0.0);
    }
    write_dx(at, k, gradient_of(own, value, dy_at(at, k)));
  }
}

@compute @workgroup_size(WORKGROUP)
fn apply_gradient(inv: Invocation) {
  work_teams(inv);
}
