// The peers are installed by npm run bench -- --peers alone: the types of what is used of them stand here.
declare module "onnxruntime-web" {
  export interface OrtTensor {
    getData(): Promise<Float32Array>;
    dispose(): void;
  }
  export interface OrtSession {
    readonly inputNames: readonly string[];
    run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
    release(): Promise<void>;
  }
  export const env: { logLevel: string; wasm: { numThreads: number; wasmPaths: { wasm: string } }; webgpu: { device: GPUDevice | Promise<GPUDevice> } };
  export const Tensor: { fromGpuBuffer(buffer: GPUBuffer, options: { dataType: "float32"; dims: readonly number[] }): OrtTensor };
  export const InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
}

declare module "onnxruntime-web/webgpu" {
  export * from "onnxruntime-web";
}

declare module "*?url" {
  const url: string;
  export default url;
}

declare module "protobufjs/minimal" {
  export class Writer {
    static create(): Writer;
    uint32(value: number): this;
    int64(value: number): this;
    float(value: number): this;
    string(value: string): this;
    bytes(value: Uint8Array): this;
    /** What follows is one delimited value, until `ldelim`. */
    fork(): this;
    ldelim(): this;
    finish(): Uint8Array;
  }
  const protobuf: { readonly Writer: typeof Writer };
  export default protobuf;
}

declare module "@tensorflow/tfjs" {
  export interface TfTensor {
    add(other: TfTensor | number): TfTensor;
    sub(other: TfTensor): TfTensor;
    mul(other: TfTensor): TfTensor;
    mean(axes: readonly number[], keepDims: boolean): TfTensor;
    rsqrt(): TfTensor;
    square(): TfTensor;
    reshape(shape: readonly number[]): TfTensor;
    data(): Promise<Float32Array>;
  }
  export interface TfLayer {
    setWeights(weights: readonly TfTensor[]): void;
    apply(x: TfTensor): TfTensor;
    dispose(): void;
  }
  export function setBackend(name: string): Promise<boolean>;
  export function ready(): Promise<void>;
  export function backend(): object;
  export function tensor(data: Float32Array, shape: readonly number[]): TfTensor;
  export function moments(x: TfTensor, axes: readonly number[], keepDims: boolean): { mean: TfTensor; variance: TfTensor };
  export function batchNorm(x: TfTensor, mean: TfTensor, variance: TfTensor, offset?: TfTensor, scale?: TfTensor, eps?: number): TfTensor;
  export function grads(f: (...inputs: TfTensor[]) => TfTensor): (inputs: readonly TfTensor[], dy: TfTensor) => TfTensor[];
  export function tidy<Result>(work: () => Result): Result;
  export function dispose(tensors: unknown): void;
  export const layers: { layerNormalization(options: { axis: number; epsilon: number }): TfLayer };
}

declare module "@jax-js/jax" {
  /** Its methods and functions use an array up; `ref` keeps it for one more use. */
  export interface JaxArray {
    readonly ref: JaxArray;
    add(other: JaxArray | number): JaxArray;
    sub(other: JaxArray): JaxArray;
    mul(other: JaxArray): JaxArray;
    div(other: JaxArray): JaxArray;
    mean(axes: readonly number[], options: { keepdims: boolean }): JaxArray;
    sum(): JaxArray;
    reshape(shape: readonly number[]): JaxArray;
    data(): Promise<Float32Array>;
    dispose(): void;
  }
  export type JaxFunction<Result> = (...inputs: JaxArray[]) => Result;
  export function init(backend: string): Promise<readonly string[]>;
  export function defaultDevice(backend: string): void;
  export function jit<Result>(f: JaxFunction<Result>): JaxFunction<Result> & { dispose(): void };
  export function grad(f: JaxFunction<JaxArray>, options: { argnums: readonly number[] }): JaxFunction<JaxArray[]>;
  export function blockUntilReady(results: unknown): Promise<void>;
  export const numpy: {
    array(data: Float32Array, options: { shape: readonly number[] }): JaxArray;
    square(x: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
  };
  export const nn: { standardize(x: JaxArray, axes: readonly number[], options: { epsilon: number }): JaxArray };
}
