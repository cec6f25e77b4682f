// The factor of a standardized row: gain * gain_scale, divided by the root of the row's length (its fan in) where that is asked for.
override HAS_GAIN: bool = false;
override BY_FAN_IN: bool = false;

fn gain_scale_of(row: Row) -> f32 {
  if (!BY_FAN_IN) { return params.gain_scale; }
  return params.gain_scale * reciprocal_root(f32(max(row.length, 1u) * LANE));
}

fn gain_of(row: Row) -> f32 {
  if (!HAS_GAIN) { return gain_scale_of(row); }
  return gain[params.gain_offset + row.parameter] * gain_scale_of(row);
}
