// In place of activation.wgsl where no activation follows: a driver compiles what it is given, needed or not.
override ACTIVATION: u32 = 0u;

fn activate(v: Lane) -> Lane { return v; }
