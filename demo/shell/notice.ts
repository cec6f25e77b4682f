import { adapterName, type DeviceState, type SharedDevice } from "./device.ts";

const LIMITS = "Until then See computes on the CPU reference, Measure has nothing to measure, and Train nothing to train on.";

/** Says what there is to compute on: a word in the header, and where something is missing a sentence with a button to try again. */
export function showDevice(
  device: SharedDevice,
  elements: { chip: HTMLElement; notice: HTMLElement; text: HTMLElement; restart: HTMLElement; close: HTMLElement },
): void {
  const { chip, notice, text, restart, close } = elements;
  device.watch((state) => {
    chip.textContent = chipText(state);
    notice.hidden = state.kind !== "missing" && state.kind !== "lost";
    if (notice.hidden) return;
    const { fact, advice } = state as Extract<DeviceState, { fact: string }>;
    text.textContent = `${fact} ${advice} ${LIMITS}`;
    restart.textContent = state.kind === "lost" ? "Restart" : "Try again";
  });
  restart.addEventListener("click", () => {
    void device.open();
    leave();
  });
  close.addEventListener("click", () => {
    notice.hidden = true;
    leave();
  });
}

/** The focus would be lost with the button that had it: the tab of the view that is shown takes it. */
function leave(): void {
  document.querySelector<HTMLElement>('[role=tab][aria-selected="true"]')?.focus();
}

function chipText(state: DeviceState): string {
  if (state.kind === "opening") return "looking for a GPU";
  if (state.kind !== "ready") return state.kind === "lost" ? "GPU device lost" : "no WebGPU";
  return state.gpu.adapter.software ? `${adapterName(state.gpu)}: software adapter` : adapterName(state.gpu);
}
