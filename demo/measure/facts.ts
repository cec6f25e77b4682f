import type { Gpu } from "../../src/index.ts";

/** What the device is, as data: names, class, features and limits. */
export interface DeviceFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** A CPU runs the shaders. */
  readonly software: boolean;
  readonly adapterClass: string;
  /** Smallest and largest subgroup; null where shaders have none. */
  readonly subgroups: readonly [number, number] | null;
  readonly shaderF16: boolean;
  readonly timestamps: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

export function factsOf(gpu: Gpu): DeviceFacts {
  const { vendor = "", architecture = "", device = "", description = "", software } = gpu.adapter;
  const { adapterClass, subgroups, subgroupMinSize, subgroupMaxSize, f16, timestamps } = gpu.capabilities;
  const { features, limits } = gpu.device as GPUDevice;
  const entries: [string, number][] = [];
  // Limits are properties of the prototype.
  for (const name in limits) {
    const value = (limits as unknown as Record<string, unknown>)[name];
    if (typeof value === "number") entries.push([name, value]);
  }
  return {
    vendor,
    architecture,
    device,
    description,
    software,
    adapterClass,
    subgroups: subgroups ? [subgroupMinSize, subgroupMaxSize] : null,
    shaderF16: f16,
    timestamps,
    features: [...features].toSorted(),
    limits: Object.fromEntries(entries.toSorted(([a], [b]) => a.localeCompare(b))),
  };
}

/** Bytes in the largest unit that divides them; other numbers as they are. */
function formatLimit(name: string, value: number): string {
  if (!/size|bytes/i.test(name) || /workgroupSize/i.test(name)) return value.toLocaleString("en");
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  let rest = value;
  while (rest % 1024 === 0 && rest > 0 && unit < 3) {
    rest /= 1024;
    unit++;
  }
  return `${rest.toLocaleString("en")} ${units[unit]}`;
}

/** The facts that count, in words and in the order of the card. */
export function describeFacts(facts: DeviceFacts): readonly (readonly [string, string])[] {
  const { adapterClass, software, subgroups, shaderF16, timestamps, limits } = facts;
  const size = subgroups && (subgroups[0] === subgroups[1] ? `${subgroups[0]}` : `${subgroups[0]} to ${subgroups[1]}`);
  return [
    ["Vendor, architecture", [facts.vendor, facts.architecture].filter(Boolean).join(", ") || "not told"],
    ["Device, driver", [facts.device, facts.description].filter(Boolean).join(", ") || "not told"],
    ["Class", software ? "software adapter: a CPU runs the shaders" : adapterClass],
    ["Subgroups", size ? `of ${size}` : "none"],
    ["f16", shaderF16 ? "in shaders" : "packed in words"],
    ["Timestamps", timestamps ? "yes" : "no"],
    ["Largest binding", formatLimit("maxStorageBufferBindingSize", limits["maxStorageBufferBindingSize"] ?? 0)],
  ];
}

/** Every feature and limit, for the table. */
export function limitRows({ limits }: DeviceFacts): readonly (readonly [string, string])[] {
  return Object.entries(limits).map(([name, value]) => [name, formatLimit(name, value)]);
}
