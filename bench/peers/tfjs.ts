import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-webgpu";
import type { TfTensor } from "@tensorflow/tfjs";
import { EPS, type Case } from "../cases.ts";
import type { Outputs } from "../error.ts";
import { entriesOf, type Inputs } from "../inputs.ts";
import type { Peer, Prepared } from "../peer.ts";
import { equationOf, type Equation } from "./equation.ts";

type Tensors = { readonly [Name in keyof Inputs]: TfTensor };
type Forward = () => Record<string, TfTensor>;

/** What is used of the WebGPU backend beside its public interface. */
interface Backend {
  readonly device: GPUDevice;
  readonly commandEncoder: unknown;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** TensorFlow.js on its WebGPU backend. */
export async function open(): Promise<Peer> {
  if (!(await tf.setBackend("webgpu"))) throw new Error("TensorFlow.js: the WebGPU backend did not start");
  await tf.ready();
  const backend = tf.backend() as Backend;
  return { name: "tfjs", prepare: (one, inputs) => Promise.resolve(prepare(backend, one, inputs)) };
}

function prepare(backend: Backend, one: Case, inputs: Inputs): Prepared {
  const tensors = Object.fromEntries(entriesOf(inputs).map(([name, { data, shape }]) => [name, tf.tensor(data, shape)])) as unknown as Tensors;
  const layers: { dispose(): void }[] = [];
  const ways = one.direction === "backward" ? backwardWays(one, tensors) : forwardWays(one, tensors, layers);
  return {
    ways: Object.entries(ways).map(([variant, call]) => ({
      variant,
      run() {
        const result = tf.tidy(call);
        // Up to 15 dispatches are held back until something is read: submit them, as a read would.
        if (backend.commandEncoder) {
          backend.endComputePassEncoder();
          backend.submitQueue();
        }
        return result;
      },
      fence: () => backend.device.queue.onSubmittedWorkDone(),
      read: readAll,
      free: (result) => tf.dispose(result),
    })),
    refused: [],
    destroy() {
      tf.dispose(tensors);
      for (const layer of layers) layer.dispose();
    },
  };
}

async function readAll(result: unknown): Promise<Outputs<Float32Array>> {
  const entries = Object.entries(result as Record<string, TfTensor>).map(async ([name, tensor]) => [name, await tensor.data()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Gamma and beta over x, where they are given. */
function affine(y: TfTensor, { parameter }: Equation, gamma?: TfTensor, beta?: TfTensor): TfTensor {
  const scaled = gamma ? y.mul(gamma.reshape(parameter)) : y;
  return beta ? scaled.add(beta.reshape(parameter)) : scaled;
}

/** The layer from elementwise operations and means. */
function composed(one: Case, equation: Equation, x: TfTensor, gamma?: TfTensor, beta?: TfTensor): TfTensor {
  const view = x.reshape(equation.view);
  if (one.norm === "rms") return affine(view.mul(view.square().mean(equation.axes, true).add(EPS).rsqrt()).reshape(one.shape), equation, gamma, beta);
  const { mean, variance } = tf.moments(view, equation.axes, true);
  return affine(view.sub(mean).mul(variance.add(EPS).rsqrt()).reshape(one.shape), equation, gamma, beta);
}

/** Moments, and tf.batchNorm for what follows: it takes gamma and beta too where the view is x's own. */
function throughBatchNorm(one: Case, equation: Equation, x: TfTensor, gamma?: TfTensor, beta?: TfTensor): TfTensor {
  const view = x.reshape(equation.view);
  const { mean, variance } = tf.moments(view, equation.axes, true);
  if (!equation.isPlain) return affine(tf.batchNorm(view, mean, variance, undefined, undefined, EPS).reshape(one.shape), equation, gamma, beta);
  return tf.batchNorm(view, mean, variance, full(beta, one, equation), full(gamma, one, equation), EPS);
}

/** tf.batchNorm wants parameters of x's rank. */
function full(parameter: TfTensor | undefined, one: Case, equation: Equation): TfTensor | undefined {
  const ones = one.shape.slice(equation.parameter.length).map(() => 1);
  return parameter?.reshape([...ones, ...equation.parameter]);
}

function forwardWays(one: Case, tensors: Tensors, layers: { dispose(): void }[]): Record<string, Forward> {
  const equation = equationOf(one);
  const { x, residual, gamma, beta, mean, variance } = tensors;
  const over = (way: (from: TfTensor) => TfTensor): Forward => {
    if (!residual) return () => ({ y: way(x) });
    return () => {
      const sum = x.add(residual);
      return { y: way(sum), sum };
    };
  };
  if (mean && variance) {
    const [m, v] = [full(mean, one, equation)!, full(variance, one, equation)!];
    return { "tf.batchNorm": () => ({ y: tf.batchNorm(x, m, v, full(beta, one, equation), full(gamma, one, equation), EPS) }) };
  }
  const ways: Record<string, Forward> = { composed: over((from) => composed(one, equation, from, gamma, beta)) };
  if (one.norm !== "rms") ways["moments + tf.batchNorm"] = over((from) => throughBatchNorm(one, equation, from, gamma, beta));
  if (one.norm === "layer" && one.own === 1 && !residual) {
    const layer = tf.layers.layerNormalization({ axis: -1, epsilon: EPS });
    // The first call makes its weights.
    tf.dispose(layer.apply(x));
    layer.setWeights([gamma!, beta!]);
    layers.push(layer);
    ways["tf.layers.layerNormalization"] = () => ({ y: layer.apply(x) });
  }
  return ways;
}

function backwardWays(one: Case, { x, gamma, beta, dy }: Tensors): Record<string, Forward> {
  const equation = equationOf(one);
  const inputs = [x, gamma, beta].filter((each) => each !== undefined);
  const gradients = tf.grads((...given) => composed(one, equation, given[0]!, given[1], given[2]));
  return {
    "tf.grads of the composed norm": () => {
      const [dx, dgamma, dbeta] = gradients(inputs, dy!);
      return { dx: dx!, ...(dgamma && { dgamma }), ...(dbeta && { dbeta }) };
    },
  };
}
