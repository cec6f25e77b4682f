import type { SharedDevice } from "./device.ts";

/** What the shell gives a view. */
export interface Shell {
  readonly device: SharedDevice;
  /** Writes the view's settings into the address, while it is shown. */
  readonly remember: (params: URLSearchParams) => void;
}

/** What a view gives the shell. */
export interface View {
  /** Its panel is shown; the settings are those of the address. */
  open(params: URLSearchParams): void;
  /** Its panel is hidden. */
  close(): void;
}
