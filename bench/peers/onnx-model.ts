import protobuf from "protobufjs";

/** What is used of ONNX's schema (onnx/onnx.proto). */
const SCHEMA = `
  syntax = "proto3";
  message Attribute { string name = 1; float f = 2; int64 i = 3; repeated int64 ints = 8; int32 type = 20; }
  message Node { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated Attribute attribute = 5; string domain = 7; }
  message Tensor { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
  message Dimension { int64 dim_value = 1; }
  message Shape { repeated Dimension dim = 1; }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message Type { TensorType tensor_type = 1; }
  message ValueInfo { string name = 1; Type type = 2; }
  message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
  message OperatorSet { string domain = 1; int64 version = 2; }
  message Model { int64 ir_version = 1; string producer_name = 2; Graph graph = 7; repeated OperatorSet opset_import = 8; }`;

const modelType = protobuf.parse(SCHEMA).root.lookupType("Model");

const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE = { float: 1, int: 2, ints: 7 } as const;

/** An attribute: `{ float }` for reals, an integer, or a list of integers. */
export type Attribute = number | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  /** Shapes of the f32 tensors that are given and taken. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly outputs: Readonly<Record<string, readonly number[]>>;
  /** Constants: f32 values in one dimension, or integers. */
  readonly constants?: Readonly<Record<string, { readonly floats: readonly number[] } | { readonly integers: readonly number[] }>>;
  readonly opset?: number;
  readonly irVersion?: number;
}

function attributeOf([name, value]: [string, Attribute]): object {
  if (typeof value === "number") return { name, i: value, type: ATTRIBUTE.int };
  return "float" in value ? { name, f: value.float, type: ATTRIBUTE.float } : { name, ints: value, type: ATTRIBUTE.ints };
}

function valueInfo([name, shape]: [string, readonly number[]]): object {
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } } };
}

function constantOf([name, values]: [string, { floats: readonly number[] } | { integers: readonly number[] }]): object {
  const isReal = "floats" in values;
  const data = isReal ? new Float32Array(values.floats) : new BigInt64Array(values.integers.map(BigInt));
  return { name, dims: [data.length], dataType: isReal ? FLOAT : INT64, rawData: new Uint8Array(data.buffer) };
}

/** A model as the bytes of an ONNX file. */
export function encodeModel({ nodes, inputs, outputs, constants = {}, opset = 21, irVersion = 10 }: OnnxModel): Uint8Array {
  const graph = {
    name: "norm",
    node: nodes.map(({ op, attributes = {}, domain = "", ...node }, place) => ({
      input: node.inputs,
      output: node.outputs,
      name: `${op}_${place}`,
      opType: op,
      domain,
      attribute: Object.entries(attributes).map(attributeOf),
    })),
    initializer: Object.entries(constants as Record<string, { floats: number[] }>).map(constantOf),
    input: Object.entries(inputs).map(valueInfo),
    output: Object.entries(outputs).map(valueInfo),
  };
  const opsetImport = [
    { domain: "", version: opset },
    { domain: "com.microsoft", version: 1 },
  ];
  return modelType.encode(modelType.create({ irVersion, producerName: "normgpu bench", graph, opsetImport })).finish();
}
