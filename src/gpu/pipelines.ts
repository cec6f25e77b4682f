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
    const parts = this.#watched(dispatch);
    const pipeline = this.#device.createComputePipeline(parts.descriptor);
    const fault = this.#device.popErrorScope().then(
      (error) => (error ? shaderError(parts, error.message) : null),
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
    const parts = this.#watched(dispatch);
    const scope = this.#device.popErrorScope();
    const pending = this.#device.createComputePipelineAsync(parts.descriptor);
    try {
      const pipeline = await pending;
      await scope;
      if (!this.#compiled.has(key)) this.#store(key, parts, pipeline, null);
    } catch (cause) {
      await scope.catch(() => null);
      throw await shaderError(parts, cause instanceof Error ? cause.message : String(cause));
    }
  }

  #store(key: string, { params, layout, storage }: Parts, pipeline: GPUComputePipeline, fault: CompiledKernel["fault"]): CompiledKernel {
    const compiled: CompiledKernel = { params, pipeline, layout, storage, fault };
    this.#compiled.set(key, compiled);
    return compiled;
  }

  /** All that makes a pipeline, its module in an error scope that is left open. */
  #watched(dispatch: Dispatch): Parts {
    const kernel = kernelOf(dispatch.kernel);
    const text = compose(kernel, preludeOf(kernel, dispatch.variant, Boolean(dispatch.overrides["ACTIVATION"])));
    for (const name of Object.keys(dispatch.overrides)) {
      if (!text.code.includes(`override ${name}:`)) throw new Error(`${dispatch.kernel} declares no override ${name}`);
    }
    const [uniform, ...storage] = bindingsIn(kernel.code);
    const layout = this.#layoutOf(kernel.name, [uniform!, ...storage]);
    const label = `normgpu ${kernel.name} ${formatVariant(dispatch.variant)}`;
    const params = paramsIn(text.code, uniform!.element);
    const pipelineLayout = this.#device.createPipelineLayout({ bindGroupLayouts: [layout] });
    this.#device.pushErrorScope("validation");
    const module = this.#device.createShaderModule({ code: text.code, label });
    const compute = { module, entryPoint: kernel.name.replaceAll("-", "_"), constants: { ...dispatch.overrides } };
    return { params, storage, layout, text, descriptor: { label, layout: pipelineLayout, compute } };
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
  readonly text: Composed;
  readonly descriptor: {
    label: string;
    layout: GPUPipelineLayout;
    compute: { module: GPUShaderModule; entryPoint: string; constants: Record<string, number> };
  };
}

function keyOf(dispatch: Dispatch): string {
  return `${dispatch.kernel}|${formatVariant(dispatch.variant)}|${JSON.stringify(dispatch.overrides)}`;
}

function formatVariant({ lane, parameter, team, source = "f32", result = "f32" }: Variant): string {
  return `${lane} ${parameter} ${team} ${source} ${result}`;
}

/** The compiler's first message with the file and line that it means. */
async function shaderError({ text, descriptor: { label, compute } }: Parts, fallback: string): Promise<ShaderError> {
  const info = await compute.module.getCompilationInfo().catch(() => null);
  const message = info?.messages.find((found) => found.type === "error");
  if (!message) return new ShaderError(`${label}: ${fallback}`);
  const { file, line } = text.locate(message.lineNum);
  return new ShaderError(`${file}:${line}:${message.linePos}: ${message.message.trim()} (${label})`);
}
