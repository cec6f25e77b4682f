import protobuf, { type Writer } from "protobufjs/minimal";

/** A field of a message: its number, and what it holds; in a list where there may be several. Lists of integers are packed. */
type Field = readonly [id: number, kind: "string" | "bytes" | "float" | "integer" | "integers" | Message];
type Message = Readonly<{ [name: string]: Field }>;

/** What is used of ONNX's schema (onnx/onnx.proto). Written field by field: protobufjs's reflection makes code of a schema, which a strict policy of a page forbids. */
const ATTRIBUTE_PROTO: Message = { name: [1, "string"], f: [2, "float"], i: [3, "integer"], ints: [8, "integers"], type: [20, "integer"] };
const NODE: Message = {
  input: [1, "string"],
  output: [2, "string"],
  name: [3, "string"],
  opType: [4, "string"],
  attribute: [5, ATTRIBUTE_PROTO],
  domain: [7, "string"],
};
const TENSOR: Message = { dims: [1, "integers"], dataType: [2, "integer"], name: [8, "string"], rawData: [9, "bytes"] };
const SHAPE: Message = { dim: [1, { dimValue: [1, "integer"] }] };
const VALUE_INFO: Message = { name: [1, "string"], type: [2, { tensorType: [1, { elemType: [1, "integer"], shape: [2, SHAPE] }] }] };
const GRAPH: Message = { node: [1, NODE], name: [2, "string"], initializer: [5, TENSOR], input: [11, VALUE_INFO], output: [12, VALUE_INFO] };
const MODEL: Message = {
  irVersion: [1, "integer"],
  producerName: [2, "string"],
  graph: [7, GRAPH],
  opsetImport: [8, { domain: [1, "string"], version: [2, "integer"] }],
};

/** Wire types of protocol buffers. */
const VARINT = 0;
const DELIMITED = 2;
const FIXED32 = 5;

function writeField(writer: Writer, [id, kind]: Field, value: unknown): void {
  const tag = (wire: number): Writer => writer.uint32((id << 3) | wire);
  if (kind === "integer") tag(VARINT).int64(value as number);
  else if (kind === "float") tag(FIXED32).float(value as number);
  else if (kind === "string") tag(DELIMITED).string(value as string);
  else if (kind === "bytes") tag(DELIMITED).bytes(value as Uint8Array);
  else {
    tag(DELIMITED).fork();
    if (kind === "integers") for (const one of value as readonly number[]) writer.int64(one);
    else writeMessage(writer, kind, value as object);
    writer.ldelim();
  }
}

function writeMessage(writer: Writer, message: Message, values: object): Writer {
  for (const [name, value] of Object.entries(values)) {
    const field = message[name]!;
    const all = Array.isArray(value) && field[1] !== "integers" ? value : [value];
    for (const one of all) writeField(writer, field, one);
  }
  return writer;
}

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
  return writeMessage(protobuf.Writer.create(), MODEL, { irVersion, producerName: "normgpu bench", graph, opsetImport }).finish();
}
