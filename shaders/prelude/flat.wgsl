// Planes that end anywhere in a lane, as lanes of the whole tensor. The values of a lane may belong to two planes.
// A plane is no longer than one chain of adds.
override ONE_CHAIN: bool = false;
// Lanes that a short plane lies in at most, which are held in registers: a CPU pays for a loop, and for each load, more than for what it does. 0: planes are too long for it.
override HELD: u32 = 0u;
// Planes need not start with a lane.
override SEAMS: bool = true;

// Of e, whose first value is at `place` in a plane of `count` values, those that lie in it; 0 for the others. Places before the first wrap around.
fn within(e: Lane, place: u32, count: u32) -> Lane { return lane_below(e, Lane(0.0), place, count); }

// Where in its first lane a plane starts.
fn place_in_lane(start: u32) -> u32 {
  if (!SEAMS) { return 0u; }
  return start & (LANE - 1u);
}
