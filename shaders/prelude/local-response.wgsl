// Windows of channels: what local response normalization and its gradient share. Each window is summed afresh, so that no error runs along the channels.

// Four times beta where that is 2, 3 or 4; 0: any other beta, by power_of.
override QUARTERS: u32 = 3u;
// beta is below 0.
override RISES: bool = false;

// The first and the last channel of the window of channel c.
fn window_of(c: u32, before: u32, after: u32) -> vec2u {
  return vec2u(c - min(c, before), min(c + after, params.channels - 1u));
}

// k + factor * sum of x^2 over the window of channel c, which lane i belongs to.
fn scale_at(i: u32, c: u32) -> Lane {
  let window = window_of(c, params.before, params.after);
  var sum = Lane(0.0);
  for (var part = window.x; part <= window.y; part += CHAIN) {
    var chain = Lane(0.0);
    for (var j = part; j <= min(part + CHAIN - 1u, window.y); j++) {
      let at = params.x_offset + i + j * params.inner - c * params.inner;
      let v = from_source(x[source_at(at)], at);
      chain += v * v;
    }
    sum += chain;
  }
  return params.k + params.factor * sum;
}

// scale^-beta of one value.
fn response_of_value(scale: f32) -> f32 {
  if (QUARTERS == 4u) { return 1.0 / scale; }
  if (QUARTERS == 0u) {
    let raised = power_of(scale, params.exponent);
    if (RISES) { return raised; }
    return 1.0 / raised;
  }
  let root = reciprocal_root(scale);
  if (QUARTERS == 2u) { return root; }
  return root * sqrt(root);
}

// scale^-beta; 0 where scale is 0.
fn response_of(scale: Lane) -> Lane {
  var raised: Lane;
  if (LANE == 1u) {
    raised = Lane(response_of_value(lane_first(scale)));
  } else {
    raised = lane_of(
      response_of_value(lane_value(scale, 0u)),
      response_of_value(lane_value(scale, 1u)),
      response_of_value(lane_value(scale, 2u)),
      response_of_value(lane_value(scale, 3u)),
    );
  }
  return select(raised, Lane(0.0), scale <= Lane(0.0));
}
