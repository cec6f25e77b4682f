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

/** Data made to mislead a shift that is placed by looking at a few values: outliers where it looks, periods that it may step along, two levels far apart. */
export const HOSTILE: Readonly<Record<string, (length: number) => Float32Array>> = {
  "outliers at the first and the middle value": (length) => {
    const values = normal(length, 1, 100);
    values[0] = 1e8;
    values[length >> 1] = 1e8;
    return values;
  },
  "an outlier of 1e6 std in the middle": (length) => {
    const values = normal(length, 1, 100);
    values[length >> 1] = 1e6;
    return values;
  },
  "a spike at every 64th of the length": (length) => {
    const step = Math.max(1, Math.floor(length / 64));
    return new Float32Array(length).map((_, i) => (i % step < 4 ? 1e4 : 0));
  },
  "a period of 4": (length) => new Float32Array(length).map((_, i) => (i % 4 === 0 ? 1e4 : 1e4 + 1)),
  "a period of 64": (length) => new Float32Array(length).map((_, i) => (i % 64 < 4 ? 1e6 : 1e6 - 8)),
  "half 0, half 1e6": (length) => new Float32Array(length).map((_, i) => (i < length / 2 ? 0 : 1e6)),
  "a ramp": (length) => new Float32Array(length).map((_, i) => 1e5 + i),
  "heavy tails": (length) => normal(length, 4).map((value) => value ** 7),
  "one value that is not 0": (length) => new Float32Array(length).map((_, i) => (i === 3 % length ? 1 : 0)),
  "values of 1e-20": (length) => normal(length, 3, 0, 1e-20),
};
