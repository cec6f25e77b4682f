// Run by Node (Dawn) and by Deno (wgpu): prints the adapter that tests would run on, as JSON; null where there is none.
let gpu = globalThis.navigator?.gpu;
if (!("Deno" in globalThis)) {
  const { create } = await import("webgpu");
  gpu = create([]);
}
const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
const info = adapter?.info;
const name = info && [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(" ");
console.log(JSON.stringify(adapter ? { name, features: [...adapter.features] } : null));
process.exit(0);
