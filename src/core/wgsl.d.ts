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
  /** The files of the prelude whose names the text uses, those that they use in turn included; of an axis, the variant brings one. */
  readonly uses: readonly PreludeModule[];
}

/** A prelude file: shaders/prelude/<name>.wgsl. */
export interface PreludeModule {
  readonly name: string;
  readonly code: string;
  readonly overrides: Readonly<Record<string, OverrideType>>;
  /** Of a file of an axis: likewise. */
  readonly uses: readonly PreludeModule[];
}
