/** What an import of a file of shaders/ gives: see build/wgsl-plugin.ts. */
export interface PreludeModule {
  /** Stem of the file. */
  readonly name: string;
  readonly code: string;
  /** The files of the prelude whose names the text uses, those that they use in turn included; of an axis, the variant brings one. */
  readonly uses: readonly PreludeModule[];
}

/** A kernel: shaders/<name>.wgsl, with one entry point of its name. */
export type KernelModule = PreludeModule;
