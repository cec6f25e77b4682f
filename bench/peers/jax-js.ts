import { blockUntilReady, defaultDevice, grad, init, jit, nn, numpy, type JaxArray } from "@jax-js/jax";
import { EPS, type Case } from "../cases.ts";
import type { Outputs } from "../error.ts";
import { entriesOf, type Inputs } from "../inputs.ts";
import type { Peer, Prepared } from "../peer.ts";
import { equationOf, type Equation } from "./equation.ts";

/** A layer, traced: takes the inputs of a case in the order of `names`. */
interface Traced {
  readonly names: readonly (keyof Inputs)[];
  readonly call: (...inputs: JaxArray[]) => Record<string, JaxArray>;
}

type Standardize = (view: JaxArray, axes: readonly number[]) => JaxArray;

const KEEP = { keepdims: true };

/** jax-js on WebGPU, each layer under jit. */
export async function open(): Promise<Peer> {
  if (!(await init("webgpu")).includes("webgpu")) throw new Error("jax-js: the WebGPU backend did not start");
  defaultDevice("webgpu");
  return { name: "jax-js", prepare: (one, inputs) => Promise.resolve(prepare(one, inputs)) };
}

/** (x - mean) / sqrt(mean of squares about it + eps). */
function twoPass(view: JaxArray, axes: readonly number[]): JaxArray {
  const centred = view.ref.sub(view.mean(axes, KEEP));
  const variance = numpy.square(centred.ref).mean(axes, KEEP);
  return centred.div(numpy.sqrt(variance.add(EPS)));
}

/** The library's own: mean of squares less square of the mean. */
function own(view: JaxArray, axes: readonly number[]): JaxArray {
  return nn.standardize(view, axes, { epsilon: EPS });
}

function rootMeanSquare(view: JaxArray, axes: readonly number[]): JaxArray {
  const squares = numpy.square(view.ref).mean(axes, KEEP);
  return view.div(numpy.sqrt(squares.add(EPS)));
}

function affine(y: JaxArray, { parameter }: Equation, gamma?: JaxArray, beta?: JaxArray): JaxArray {
  const scaled = gamma ? y.mul(gamma.reshape(parameter)) : y;
  return beta ? scaled.add(beta.reshape(parameter)) : scaled;
}

function norm(one: Case, equation: Equation, standardize: Standardize, x: JaxArray, gamma?: JaxArray, beta?: JaxArray): JaxArray {
  return affine(standardize(x.reshape(equation.view), equation.axes).reshape(one.shape), equation, gamma, beta);
}

function forward(one: Case, equation: Equation, standardize: Standardize): Traced {
  const parameters: readonly (keyof Inputs)[] = one.norm === "weight" ? [] : one.norm === "rms" ? ["gamma"] : ["gamma", "beta"];
  if (!one.residual) return { names: ["x", ...parameters], call: (x, gamma, beta) => ({ y: norm(one, equation, standardize, x!, gamma, beta) }) };
  return {
    names: ["x", "residual", ...parameters],
    call(x, residual, gamma, beta) {
      const sum = x!.add(residual!);
      return { y: norm(one, equation, standardize, sum.ref, gamma, beta), sum };
    },
  };
}

/** BatchNorm with given statistics, as it stands and with gamma / sqrt(variance + eps) made first. */
function evaluation({ parameter }: Equation): Record<string, Traced> {
  const names = ["x", "gamma", "beta", "mean", "variance"] as const;
  return {
    composed: {
      names,
      call(x, gamma, beta, mean, variance) {
        const deviation = numpy.sqrt(variance!.reshape(parameter).add(EPS));
        return { y: x!.sub(mean!.reshape(parameter)).div(deviation).mul(gamma!.reshape(parameter)).add(beta!.reshape(parameter)) };
      },
    },
    "composed, scale first": {
      names,
      call(x, gamma, beta, mean, variance) {
        const scale = gamma!.div(numpy.sqrt(variance!.add(EPS)));
        const offset = beta!.sub(mean!.mul(scale.ref));
        return { y: x!.mul(scale.reshape(parameter)).add(offset.reshape(parameter)) };
      },
    },
  };
}

function backward(one: Case, equation: Equation): Traced {
  const standardize = one.norm === "rms" ? rootMeanSquare : twoPass;
  const parameters = one.norm === "rms" ? (["gamma"] as const) : (["gamma", "beta"] as const);
  const argnums = [0, ...parameters.map((_, place) => place + 1)];
  const loss = (...given: JaxArray[]): JaxArray => {
    const [x, gamma, beta] = given.slice(0, -1);
    return norm(one, equation, standardize, x!, gamma, beta).mul(given.at(-1)!).sum();
  };
  const gradients = grad(loss, { argnums });
  return {
    names: ["x", ...parameters, "dy"],
    call(...given) {
      const [dx, dgamma, dbeta] = gradients(...given);
      return { dx: dx!, ...(dgamma && { dgamma }), ...(dbeta && { dbeta }) };
    },
  };
}

function waysOf(one: Case): Record<string, Traced> {
  const equation = equationOf(one);
  if (one.direction === "backward") return { "jit(grad) of the composed norm": backward(one, equation) };
  if (one.norm === "batch" && !one.training) return evaluation(equation);
  if (one.norm === "rms") return { composed: forward(one, equation, rootMeanSquare) };
  return { "composed, two passes": forward(one, equation, twoPass), "nn.standardize": forward(one, equation, own) };
}

function prepare(one: Case, inputs: Inputs): Prepared {
  const arrays = Object.fromEntries(entriesOf(inputs).map(([name, { data, shape }]) => [name, numpy.array(data, { shape })]));
  const compiled: { dispose(): void }[] = [];
  const ways = Object.entries(waysOf(one)).map(([variant, { names, call }]) => {
    const traced = jit(call);
    compiled.push(traced);
    return {
      variant,
      run: () => traced(...names.map((name) => arrays[name]!.ref)),
      // Submits what is pending, and waits for it.
      fence: (results: readonly unknown[]) => blockUntilReady(results),
      read: readAll,
      free(result: unknown) {
        for (const array of Object.values(result as Record<string, JaxArray>)) array.dispose();
      },
    };
  });
  return {
    ways,
    refused: [],
    destroy() {
      for (const each of compiled) each.dispose();
      for (const array of Object.values(arrays)) array.dispose();
    },
  };
}

async function readAll(result: unknown): Promise<Outputs<Float32Array>> {
  const entries = Object.entries(result as Record<string, JaxArray>).map(async ([name, array]) => [name, await array.ref.data()] as const);
  return Object.fromEntries(await Promise.all(entries));
}
