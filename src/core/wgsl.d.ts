/** What the build finds in a file of shaders/: see build/wgsl-plugin.ts. */
export type BindingKind = "uniform" | "read" | "read_write";
export type OverrideType = "u32" | "i32" | "f32" | "bool";

export interface KernelBinding {
  readonly name: string;
  readonly binding: number;
  readonly kind: BindingKind;
  /** Element type of a storage array as it stands in the text: f32, vec4f, Lane, Source, Result or Parameter. */
  readonly element: string;
}

export interface ParamField {
  readonly offset: number;
  readonly type: "u32" | "i32" | "f32";
}

/** A kernel: shaders/<name>.wgsl. */
export interface KernelModule {
  readonly name: string;
  readonly code: string;
  /** Its one compute entry point. */
  readonly entry: string;
  readonly bindings: readonly KernelBinding[];
  /** Members of `params`, those of nested structs with a dotted name. */
  readonly params: { readonly size: number; readonly fields: Readonly<Record<string, ParamField>> } | null;
  readonly overrides: Readonly<Record<string, OverrideType>>;
}

/** A prelude file: shaders/prelude/<name>.wgsl. */
export interface PreludeModule {
  readonly name: string;
  readonly code: string;
  readonly overrides: Readonly<Record<string, OverrideType>>;
}
