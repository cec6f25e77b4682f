// Dawn for Node is installed by native/run.mjs alone: the types of what is used of it stand here.
declare module "webgpu" {
  export function create(options: readonly string[]): GPU;
  export const globals: Readonly<Record<string, unknown>>;
}
