import { Gpu, NormgpuError } from "../../src/index.ts";

/** What the page has to compute on. `fact` says what is missing, `advice` what to do about it. */
export type DeviceState =
  | { readonly kind: "opening" }
  | { readonly kind: "ready"; readonly gpu: Gpu }
  | { readonly kind: "missing"; readonly fact: string; readonly advice: string }
  | { readonly kind: "lost"; readonly fact: string; readonly advice: string };

const INSECURE = {
  kind: "missing",
  fact: "This page is not in a secure context, so the browser hides navigator.gpu.",
  advice: "Open it from https or from localhost.",
} as const;

const NO_ENTRY = {
  kind: "missing",
  fact: "This browser has no navigator.gpu: it does not know WebGPU, or WebGPU is switched off.",
  advice: "Use a current Chrome, Edge, Safari or Firefox, or switch WebGPU on in the browser's settings.",
} as const;

const NO_ADAPTER = {
  kind: "missing",
  fact: "navigator.gpu is there, but it finds no adapter.",
  advice: "Turn on hardware acceleration in the browser's settings, or update the graphics driver; then try again.",
} as const;

/** The one device that all views share. A lost one is told, and opened again when a person asks for it. */
export class SharedDevice {
  #state: DeviceState = { kind: "opening" };
  readonly #watchers = new Set<(state: DeviceState) => void>();

  get state(): DeviceState {
    return this.#state;
  }

  /** Tells the state now, and each later one. */
  watch(watcher: (state: DeviceState) => void): void {
    this.#watchers.add(watcher);
    watcher(this.#state);
  }

  /** Opens a device, in place of the one before. Never throws: what is missing is a state. */
  async open(): Promise<void> {
    this.#become({ kind: "opening" });
    this.#become(await opened());
    if (this.#state.kind !== "ready") return;
    const { gpu } = this.#state;
    void gpu.lost.then(({ reason, message }) => {
      if (this.#state.kind !== "ready" || this.#state.gpu !== gpu) return;
      const why = [reason, message].filter(Boolean).join(": ");
      this.#become({ kind: "lost", fact: `The GPU device was lost (${why}).`, advice: "Restart opens a new one; settings stay." });
    });
  }

  #become(state: DeviceState): void {
    this.#state = state;
    for (const watcher of this.#watchers) watcher(state);
  }
}

async function opened(): Promise<DeviceState> {
  if (!isSecureContext) return INSECURE;
  if (!navigator.gpu) return NO_ENTRY;
  try {
    return { kind: "ready", gpu: await Gpu.open() };
  } catch (error) {
    if (error instanceof NormgpuError && error.code === "unsupported") return NO_ADAPTER;
    const text = error instanceof Error ? error.message : String(error);
    return { kind: "missing", fact: `The adapter gave no device (${text}).`, advice: "Close other pages that use the GPU, then try again." };
  }
}

/** The adapter's names in words. */
export function adapterName(gpu: Gpu): string {
  const { vendor, architecture, device, description } = gpu.adapter;
  return [...new Set([vendor, architecture, device, description])].filter(Boolean).join(" ") || "unnamed adapter";
}
