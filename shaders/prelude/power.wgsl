// What p-norms are made of: terms |t|^p, their root, and the slope of a term. Values are scaled by a power of two of the largest first, so that no term
// leaves f32; where p is neither 1 nor 2, by the largest itself.
override POWER: u32 = 2u;

// A number in two parts: the first has 12 bits, so that its product with a whole number of 8 bits is exact. 16 bytes, as a struct in a uniform must be.
struct Exponent {
  @align(16) high: f32,
  low: f32,
}

// base^exponent for base >= 0, to 3e-7 where the result is about 1: WGSL's own pow promises far less.
fn power_of(base: f32, exponent: Exponent) -> f32 {
  let bits = bitcast<u32>(base);
  // base = mantissa * 2^whole, mantissa between sqrt(1/2) and sqrt(2).
  let over = select(0u, 1u, (bits & 0x7fffffu) > 0x3504f3u);
  let mantissa = bitcast<f32>((bits & 0x7fffffu) | ((127u - over) << 23u));
  let whole = f32(i32((bits >> 23u) + over) - 127);
  let z = (mantissa - 1.0) / (mantissa + 1.0);
  let zz = z * z;
  let logarithm = z * (2.8853901 + zz * (0.96179669 + zz * (0.57707802 + zz * (0.41219858 + zz * 0.3205989))));
  let product = exponent.high * whole;
  let near = round(product);
  let rest = (product - near) + (exponent.low * whole + (exponent.high + exponent.low) * logarithm);
  let further = round(rest);
  let x = (rest - further) * 0.69314718;
  let tail = 0.041666668 + x * (0.0083333333 + x * (0.0013888889 + x * 0.0001984127));
  let fraction = 1.0 + x * (1.0 + x * (0.5 + x * (0.16666667 + x * tail)));
  let shift = clamp(near + further, -127.0, 127.0);
  let result = fraction * bitcast<f32>(u32(i32(shift) + 127) << 23u);
  // Inf and NaN stay what they are.
  return select(select(result, 0.0, base <= 0.0), base, bits >= 0x7f800000u);
}

fn power_of_lane(base: Lane, exponent: Exponent) -> Lane {
  if (LANE == 1u) { return Lane(power_of(lane_first(base), exponent)); }
  return lane_of(
    power_of(lane_value(base, 0u), exponent),
    power_of(lane_value(base, 1u), exponent),
    power_of(lane_value(base, 2u), exponent),
    power_of(lane_value(base, 3u), exponent),
  );
}

// A power of two that brings `largest` between 1 and 2, and its reciprocal; both stay normal numbers.
fn scale_of(largest: f32) -> f32 {
  return bitcast<f32>((254u - clamp(bitcast<u32>(largest) >> 23u, 1u, 253u)) << 23u);
}

fn unscale_of(scale: f32) -> f32 {
  return bitcast<f32>((254u << 23u) - bitcast<u32>(scale));
}

// What values are multiplied by, one factor after the other, before they are raised to the power.
fn unit_of(largest: f32) -> vec2f {
  let scale = scale_of(largest);
  if (POWER != 0u) { return vec2f(scale, 1.0); }
  return vec2f(scale, select(1.0 / (largest * scale), 0.0, largest <= 0.0));
}

fn terms_of(h: Lane, scale: Lane, rest: Lane, power: Exponent) -> Lane {
  let t = abs(h * scale);
  if (POWER == 1u) { return t; }
  if (POWER == 2u) { return t * t; }
  return power_of_lane(t * rest, power);
}

// The norm, from the sum of terms of values whose largest is `largest`.
fn norm_of(sum: f32, largest: f32, root: Exponent) -> f32 {
  let scale = scale_of(largest);
  if (POWER == 1u) { return sum * unscale_of(scale); }
  if (POWER == 0u) { return power_of(sum, root) * (largest * scale) * unscale_of(scale); }
  let near = sqrt(sum);
  // sqrt may be off by several bits; one Newton step takes it below one.
  let refined = near + (sum - near * near) * (0.5 / near);
  return select(refined, 0.0, sum <= 0.0) * unscale_of(scale);
}

// x / max(norm, eps) is x * divisor.x * divisor.y, where the first is a power of two; 0 for 0 / 0.
fn divisor_of(norm: f32, eps: f32) -> vec2f {
  // select, not max, which may swallow a NaN.
  let by = select(norm, eps, norm < eps);
  let scale = scale_of(by);
  return vec2f(scale, select(1.0 / (by * scale), 0.0, by <= 0.0));
}

// sign(y) |y|^(p - 1).
fn slope_of(y: Lane, slope: Exponent) -> Lane {
  if (POWER == 1u) { return sign(y); }
  if (POWER == 2u) { return y; }
  return sign(y) * power_of_lane(abs(y), slope);
}
