/** A seeded source of numbers in [0, 1): mulberry32. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Normally distributed values, rounded to f32. */
export function normal(count: number, seed = 1, mean = 0, std = 1): Float32Array {
  const next = random(seed);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = std * Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    values[i] = mean + radius * Math.cos(angle);
    if (i + 1 < count) values[i + 1] = mean + radius * Math.sin(angle);
  }
  return values;
}

/** How the values of a row are made; each is a way in which some implementation fails. */
export const FAMILIES: Readonly<Record<string, (length: number, seed: number) => Float32Array>> = {
  "mean 0, std 1": (length, seed) => normal(length, seed),
  "mean 1e2, std 1": (length, seed) => normal(length, seed, 1e2),
  "mean 1e4, std 1": (length, seed) => normal(length, seed, 1e4),
  "mean 1e6, std 1": (length, seed) => normal(length, seed, 1e6),
  "mean 0, std 1e-3": (length, seed) => normal(length, seed, 0, 1e-3),
  "mean 1e2, std 1e-3": (length, seed) => normal(length, seed, 1e2, 1e-3),
  "mean 1e4, std 1e-3": (length, seed) => normal(length, seed, 1e4, 1e-3),
  "mean 1e6, std 1e-3": (length, seed) => normal(length, seed, 1e6, 1e-3),
  "first and last value outliers": (length, seed) => {
    const values = normal(length, seed, 1e4);
    values[0] = 2e4;
    values[length - 1] = -1e4;
    return values;
  },
  "padding zeros": (length, seed) => {
    const values = normal(length, seed, 1e4);
    const edge = Math.floor(length / 10);
    return values.fill(0, 0, edge + 1).fill(0, length - edge - 1);
  },
  letterbox: (length, seed) => normal(length, seed, 3).map((value, i) => (i < length / 4 || i > (3 * length) / 4 ? 0 : value)),
  checker: (length) => new Float32Array(length).map((_, i) => (i % 2 ? 1e4 + 1 : 1e4)),
};
