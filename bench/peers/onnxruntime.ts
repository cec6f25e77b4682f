import type { env, InferenceSession, OrtSession, OrtTensor, Tensor } from "onnxruntime-web";
import type { Case } from "../cases.ts";
import type { Outputs } from "../error.ts";
import { entriesOf, type Inputs } from "../inputs.ts";
import type { Peer, Prepared, Way } from "../peer.ts";
import { encodeModel, type OnnxModel } from "./onnx-model.ts";
import { modelsOf } from "./onnx-norms.ts";

/** One build of ONNX Runtime for the web. */
export interface Ort {
  readonly env: typeof env;
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
}

/** An operator without a GPU kernel is an error, and not a slow number: nothing may fall back to the CPU. */
const SESSION = { preferredOutputLocation: "gpu-buffer", logSeverityLevel: 3, extra: { session: { disable_cpu_ep_fallback: "1" } } } as const;

type Open = (model: OnnxModel, layout?: string) => Promise<OrtSession>;

/** A build of ONNX Runtime as a peer, its WebAssembly at `wasm`. */
export async function openRuntime(name: string, ort: Ort, wasm: string): Promise<Peer> {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { wasm: new URL(wasm, import.meta.url).href };
  ort.env.logLevel = "error";
  const openSession: Open = (model, layout) =>
    ort.InferenceSession.create(encodeModel(model), { ...SESSION, executionProviders: [layout ? { name: "webgpu", preferredLayout: layout } : "webgpu"] });
  // Kept open: closing the last session would drop the device that buffers belong to.
  await openSession({ nodes: [{ op: "Add", inputs: ["x", "x"], outputs: ["y"] }], inputs: { x: [4] }, outputs: { y: [4] } });
  const device = await ort.env.webgpu.device;
  return { name, prepare: (one, inputs) => prepare(ort, device, openSession, one, inputs) };
}

async function prepare(ort: Ort, device: GPUDevice, openSession: Open, one: Case, inputs: Inputs): Promise<Prepared> {
  const buffers: GPUBuffer[] = [];
  const tensors = new Map<string, OrtTensor>();
  for (const [name, { data, shape }] of entriesOf(inputs)) {
    const buffer = upload(device, data);
    buffers.push(buffer);
    tensors.set(name, ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims: shape }));
  }
  const ways: Way[] = [];
  const refused: Prepared["refused"][number][] = [];
  const sessions: OrtSession[] = [];
  // The default layout is NHWC, which may put transpositions around what is NCHW.
  const layouts = one.layout === "NCHW" ? [undefined, "NCHW"] : [undefined];
  for (const [variant, model] of Object.entries(modelsOf(one))) {
    for (const layout of layouts) {
      const label = layout ? `${variant}, preferredLayout ${layout}` : variant;
      try {
        const session = await openSession(model, layout);
        sessions.push(session);
        ways.push(wayOf(label, device, session, tensors));
      } catch (error) {
        refused.push({ variant: label, message: String(error instanceof Error ? error.message : error).slice(0, 300) });
      }
    }
  }
  return {
    ways,
    refused,
    async destroy() {
      for (const session of sessions) await session.release();
      for (const buffer of buffers) buffer.destroy();
    },
  };
}

function wayOf(variant: string, device: GPUDevice, session: OrtSession, tensors: ReadonlyMap<string, OrtTensor>): Way {
  const feeds = Object.fromEntries(session.inputNames.map((name) => [name, tensors.get(name)!]));
  return {
    variant,
    run: () => session.run(feeds),
    fence: () => device.queue.onSubmittedWorkDone(),
    read: readAll,
    free(result) {
      for (const tensor of Object.values(result as Record<string, OrtTensor>)) tensor.dispose();
    },
  };
}

async function readAll(result: unknown): Promise<Outputs<Float32Array>> {
  const entries = Object.entries(result as Record<string, OrtTensor>).map(async ([name, tensor]) => [name, (await tensor.getData()).slice()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function upload(device: GPUDevice, data: Float32Array): GPUBuffer {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: Math.ceil(data.byteLength / 16) * 16, usage });
  device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
  return buffer;
}
