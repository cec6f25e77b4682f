import { ShaderError } from "../core/errors.ts";
import { bindingsIn, paramsIn, type KernelBinding, type Params } from "../core/shader-interface.ts";
import type { WebGpuDevice, WebGpuPipeline } from "../core/webgpu-types.ts";
import { kernelOf } from "../plan/kernels.ts";
import type { Dispatch, Variant } from "../plan/plan.ts";
import { compose, type Composed } from "./compose.ts";
import { preludeOf } from "./prelude.ts";
import type { Fault } from "./recorder.ts";

/** A compiled kernel variant, and what may have gone wrong with it. */
export interface CompiledKernel {
  readonly params: Params;
  readonly pipeline: WebGpuPipeline;
  readonly layout: GPUBindGroupLayout;
  readonly storage: readonly KernelBinding[];
  /** The error of a synchronous compilation; null once there is known to be none. */
  fault: Fault | null;
}

/** Pipelines by kernel, variant and overrides. Their number is bounded by that of the variants that plans use. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #compiled = new Map<string, CompiledKernel>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: WebGpuDevice) {
    this.#device = device as GPUDevice;
  }

  /** The pipeline of a dispatch, compiled at once where it is new; an error is found in its `fault`. */
  get(dispatch: Dispatch): CompiledKernel {
    const key = keyOf(dispatch);
    const known = this.#compiled.get(key);
    if (known) return known;
    const parts = this.#describe(dispatch);
    this.#device.pushErrorScope("validation");
    const module = this.#device.createShaderModule({ code: parts.text.code, label: parts.label });
    const pipeline = this.#device.createComputePipeline({ ...parts.descriptor, compute: { ...parts.descriptor.compute, module } });
    const fault = this.#device.popErrorScope().then(
      (error) => (error ? shaderError(module, parts, error.message) : null),
      () => null,
    );
    const compiled = this.#store(key, parts, pipeline, fault);
    // Once it is known to be good, calls need not watch for its error.
    void fault.then((error) => {
      if (!error) compiled.fault = null;
    });
    return compiled;
  }

  /** Compiles off the main thread. @throws ShaderError */
  async prepare(dispatch: Dispatch): Promise<void> {
    const key = keyOf(dispatch);
    if (this.#compiled.has(key)) return;
    const parts = this.#describe(dispatch);
    this.#device.pushErrorScope("validation");
    const module = this.#device.createShaderModule({ code: parts.text.code, label: parts.label });
    const scope = this.#device.popErrorScope();
    const pending = this.#device.createComputePipelineAsync({ ...parts.descriptor, compute: { ...parts.descriptor.compute, module } });
    try {
      const pipeline = await pending;
      await scope;
      if (!this.#compiled.has(key)) this.#store(key, parts, pipeline, null);
    } catch (cause) {
      await scope.catch(() => null);
      throw await shaderError(module, parts, cause instanceof Error ? cause.message : String(cause));
    }
  }

  #store(key: string, parts: Parts, pipeline: GPUComputePipeline, fault: CompiledKernel["fault"]): CompiledKernel {
    const compiled: CompiledKernel = {
      params: parts.params,
      pipeline,
      layout: parts.layout,
      storage: parts.storage,
      fault,
    };
    this.#compiled.set(key, compiled);
    return compiled;
  }

  #describe(dispatch: Dispatch): Parts {
    const kernel = kernelOf(dispatch.kernel);
    const text = compose(kernel, preludeOf(kernel, dispatch.variant, Boolean(dispatch.overrides["ACTIVATION"])));
    for (const name of Object.keys(dispatch.overrides)) {
      if (!text.code.includes(`override ${name}:`)) throw new Error(`${dispatch.kernel} declares no override ${name}`);
    }
    const [uniform, ...storage] = bindingsIn(kernel.code);
    const layout = this.#layoutOf(kernel.name, [uniform!, ...storage]);
    const label = `normgpu ${kernel.name} ${formatVariant(dispatch.variant)}`;
    return {
      params: paramsIn(text.code, uniform!.element),
      storage,
      layout,
      label,
      text,
      descriptor: {
        label,
        layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { entryPoint: kernel.name.replaceAll("-", "_"), constants: { ...dispatch.overrides } },
      },
    };
  }

  #layoutOf(kernel: string, bindings: readonly KernelBinding[]): GPUBindGroupLayout {
    const known = this.#layouts.get(kernel);
    if (known) return known;
    const types = { uniform: "uniform", read: "read-only-storage", read_write: "storage" } as const;
    const layout = this.#device.createBindGroupLayout({
      label: `normgpu ${kernel}`,
      entries: bindings.map(({ binding, kind }) => ({ binding, visibility: 4 /* GPUShaderStage.COMPUTE */, buffer: { type: types[kind] } })),
    });
    this.#layouts.set(kernel, layout);
    return layout;
  }
}

interface Parts {
  readonly params: Params;
  readonly storage: readonly KernelBinding[];
  readonly layout: GPUBindGroupLayout;
  readonly label: string;
  readonly text: Composed;
  readonly descriptor: { label: string; layout: GPUPipelineLayout; compute: { entryPoint: string; constants: Record<string, number> } };
}

function keyOf(dispatch: Dispatch): string {
  return `${dispatch.kernel}|${formatVariant(dispatch.variant)}|${JSON.stringify(dispatch.overrides)}`;
}

function formatVariant({ lane, parameter, team, source = "f32", result = "f32" }: Variant): string {
  return `${lane} ${parameter} ${team} ${source} ${result}`;
}

/** The compiler's first message with the file and line that it means. */
async function shaderError(module: GPUShaderModule, parts: Parts, fallback: string): Promise<ShaderError> {
  const info = await module.getCompilationInfo().catch(() => null);
  const message = info?.messages.find((found) => found.type === "error");
  if (!message) return new ShaderError(`${parts.label}: ${fallback}`);
  const { file, line } = parts.text.locate(message.lineNum);
  return new ShaderError(`${file}:${line}:${message.linePos}: ${message.message.trim()} (${parts.label})`);
}
