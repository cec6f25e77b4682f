declare module "*.wgsl" {
  const module: import("./core/wgsl.d.ts").KernelModule;
  export default module;
}
