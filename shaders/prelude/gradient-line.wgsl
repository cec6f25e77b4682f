// What the backward kernels read along a line of values: a run of neighbours, or a column down the repeats (COLUMNS).
override COLUMNS: bool = false;
override SUBTRACTS_MEAN: bool = true;
// Statistics change from item to item.
override STATISTICS_BY_ITEM: bool = false;

// One value of a statistic for each value of a lane; delta is times rstd.
struct Norm {
  rstd: Lane,
  shift: Lane,
  delta: Lane,
}

// Where the values of lane j of a row find their statistics, beside `base`.
fn statistic_of(base: u32, j: u32, c: u32) -> u32 {
  return base + (j * LANE + c) / params.statistics_run;
}

fn plane_at(base: u32, j: u32, plane: u32) -> Lane {
  let at = base + plane * params.statistics_stride;
  if (!STATISTICS_BY_ITEM) { return Lane(statistics[at]); }
  if (LANE == 1u) { return Lane(statistics[statistic_of(at, j, 0u)]); }
  return lane_of(
    statistics[statistic_of(at, j, 0u)],
    statistics[statistic_of(at, j, 1u)],
    statistics[statistic_of(at, j, 2u)],
    statistics[statistic_of(at, j, 3u)],
  );
}

fn norm_at(base: u32, j: u32) -> Norm {
  let rstd = plane_at(base, j, 1u);
  if (!SUBTRACTS_MEAN) { return Norm(rstd, Lane(0.0), Lane(0.0)); }
  return Norm(rstd, plane_at(base, j, 2u), plane_at(base, j, 3u) * rstd);
}

// Where a line starts in each tensor, and how far apart its values are. Kept in locals: a CPU would load a uniform again for every value.
struct Line {
  at: u32,
  step: u32,
  gamma: u32,
  gamma_step: u32,
  beta: u32,
  beta_step: u32,
  statistic: u32,
  statistic_step: u32,
  column: u32,
}

// The line of a row: along its items, or down column `column` of it.
fn line_of(row: u32, column: u32) -> Line {
  let gamma_base = params.gamma_offset + parameter_base(params.gamma_view, row);
  let beta_base = params.beta_offset + parameter_base(params.beta_view, row);
  let statistic = params.statistics_offset + parameter_base(params.statistics_view, row);
  if (!COLUMNS) {
    return Line(row * params.items, 1u, gamma_base, params.gamma_view.item, beta_base, params.beta_view.item, statistic, 0u, 0u);
  }
  return Line(
    row * params.repeats * params.items + column,
    params.items,
    gamma_base + column * params.gamma_view.item,
    params.gamma_view.segment,
    beta_base + column * params.beta_view.item,
    params.beta_view.segment,
    statistic,
    params.statistics_view.segment,
    column,
  );
}

// The statistics of value k of a line.
fn line_norm(line: Line, k: u32) -> Norm {
  return norm_at(line.statistic + k * line.statistic_step, select(k, line.column, COLUMNS));
}

// dy * activation'(xhat * gamma + beta)
fn through_activation(d: Lane, xhat: Lane, g: Lane, b: Lane) -> Lane {
  if (ACTIVATION == 0u) { return d; }
  return d * activation_slope(xhat * g + b);
}
