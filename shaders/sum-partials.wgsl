// Sums down the rows of [planes, outer, count, width]: partial gradients to dgamma (the first plane) and dbeta, or to fewer partials of the same form.
struct Params {
  teams: u32,
  planes_before_dbeta: u32,
  outer: u32,
  count: u32,
  width: u32,
  slices: u32,
  rows_per_slice: u32,
  gamma_scale: f32,
  partials_offset: u32,
  sums_offset: u32,
  dgamma_offset: u32,
  dbeta_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<Lane>;
@group(0) @binding(2) var<storage, read_write> sums: array<Lane>;
@group(0) @binding(3) var<storage, read_write> dgamma: array<Lane>;
@group(0) @binding(4) var<storage, read_write> dbeta: array<Lane>;

// The sums are gradients, not partials of another round.
override LAST: bool = true;
// What stands in dgamma and dbeta is added to.
override ACCUMULATES: bool = false;

fn sum_rows(at: u32, rows: u32) -> Lane {
  var total = Lane(0.0);
  for (var outer = 0u; outer < rows; outer += CHAIN * CHAIN) {
    var middle = Lane(0.0);
    let outer_end = min(outer + CHAIN * CHAIN, rows);
    for (var part = outer; part < outer_end; part += CHAIN) {
      var chain = Lane(0.0);
      for (var r = part; r < min(part + CHAIN, outer_end); r++) { chain += partials[at + r * params.width]; }
      middle += chain;
    }
    total += middle;
  }
  return total;
}

fn work(team: u32, inv: Invocation) {
  if (team >= params.teams) { return; }
  let rest = team / params.width;
  let j = team - rest * params.width;
  let place = rest / params.slices;
  let slice = rest - place * params.slices;
  let first = slice * params.rows_per_slice;
  let at = params.partials_offset + (place * params.count + first) * params.width + j;
  let total = sum_rows(at, min(params.rows_per_slice, params.count - first));
  if (!LAST) {
    sums[params.sums_offset + team] = total;
    return;
  }
  let plane = place / params.outer;
  let to = (place - plane * params.outer) * params.width + j;
  if (plane < params.planes_before_dbeta) {
    let own = &dgamma[params.dgamma_offset + to];
    *own = select(Lane(0.0), *own, ACCUMULATES) + total * params.gamma_scale;
  } else {
    let own = &dbeta[params.dbeta_offset + to];
    *own = select(Lane(0.0), *own, ACCUMULATES) + total;
  }
}

@compute @workgroup_size(WORKGROUP)
fn sum_partials(inv: Invocation) {
  work_teams(inv);
}
