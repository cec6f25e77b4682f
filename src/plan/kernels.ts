import type { KernelModule } from "../core/wgsl.d.ts";

const modules = new Map<string, KernelModule>();

/**
 * The name of a kernel, as a plan has it: a plan is data. The module is kept under it when the plan is made, so that a program holds the kernels of the planners that it imports, and no table of all
 * kernels keeps the others alive.
 */
export function kernelName(kernel: KernelModule): string {
  modules.set(kernel.name, kernel);
  return kernel.name;
}

/** The kernel that some plan has named. @throws Error */
export function kernelOf(name: string): KernelModule {
  const kernel = modules.get(name);
  if (!kernel) throw new Error(`no plan has named the kernel ${name}`);
  return kernel;
}
