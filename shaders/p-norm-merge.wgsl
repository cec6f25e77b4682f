// Partials (largest |x|, sum of terms) of a statistic's slices to its norm: the largest of all first, then every sum brought to its scale.
// GRADIENT: partials of dot to their sum, and to dg.
struct Params {
  power: Exponent,
  root: Exponent,
  teams: u32,
  partials_count: u32,
  kept: u32,
  outer_stride: u32,
  kept_stride: u32,
  inner: u32,
  step: u32,
  partials_offset: u32,
  norm_offset: u32,
  dots_offset: u32,
  dg_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> norm: array<f32>;
@group(0) @binding(3) var<storage, read_write> dots: array<f32>;
@group(0) @binding(4) var<storage, read_write> dg: array<f32>;

override GRADIENT: bool = false;
override HAS_G: bool = false;
// dg is added to what stands there.
override ACCUMULATES: bool = false;

fn partial_at(base: u32, i: u32) -> u32 {
  let row = i / params.inner;
  return params.partials_offset + 2u * (base + row * params.step + (i - row * params.inner));
}

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let s = select(0u, team, live);
  let count = select(0u, params.partials_count, live);
  let base = s / params.kept * params.outer_stride + s % params.kept * params.kept_stride;
  var far = 0.0;
  if (!GRADIENT) {
    for (var i = team_lane(inv); i < count; i += team_width(inv)) { far = max(far, partials[partial_at(base, i)]); }
  }
  let largest = team_max(far, inv);
  let unit = unit_of(largest);
  let part = CHAIN * team_width(inv);
  var sum = 0.0;
  for (var begin = 0u; begin < count; begin += part) {
    var chain = 0.0;
    for (var i = begin + team_lane(inv); i < min(begin + part, count); i += team_width(inv)) {
      let at = partial_at(base, i);
      if (GRADIENT) {
        chain += partials[at];
      } else {
        // What the slice was divided by before its terms were summed, at the scale of the whole.
        let own = select(unscale_of(scale_of(partials[at])), partials[at], POWER == 0u);
        chain += partials[at + 1u] * lane_first(terms_of(Lane(own), Lane(unit.x), Lane(unit.y), params.power));
      }
    }
    sum += chain;
  }
  let total = team_sum(vec2f(sum, 0.0), inv).x;
  if (!live || team_lane(inv) != 0u) { return; }
  if (!GRADIENT) {
    norm[params.norm_offset + s] = norm_of(total, largest, params.root);
    return;
  }
  dots[params.dots_offset + s] = total;
  if (HAS_G) {
    let at = params.dg_offset + s;
    dg[at] = select(total, dg[at] + total, ACCUMULATES);
  }
}

@compute @workgroup_size(WORKGROUP)
fn p_norm_merge(inv: Invocation) {
  work_teams(inv);
}
