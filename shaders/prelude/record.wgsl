// The planes of `statistics`, for kernels that write it: mean, rstd, shift, delta, variance (src/plan/request.ts).
fn record(statistic: u32, m: Moments) {
  let at = params.statistics_offset + statistic;
  statistics[at] = m.shift + m.delta;
  statistics[at + params.statistics_stride] = m.rstd;
  statistics[at + 2u * params.statistics_stride] = m.shift;
  statistics[at + 3u * params.statistics_stride] = m.delta;
  statistics[at + 4u * params.statistics_stride] = m.variance;
}
