import type { Extents } from "./norms.ts";

/** A point, or a step, on the canvas: right and down. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How the cube stands: degrees about its upright axis, and how far it is pulled apart, 0 to 1. */
export interface Pose {
  readonly turn: number;
  readonly spread: number;
}

/** A face of a box: its corner, and the steps along its two edges. */
export interface Face {
  readonly corner: Point;
  readonly u: Point;
  readonly v: Point;
}

/** Degrees from which the cube is seen from above. */
const TILT = 38;
/** Depth of a box whose height and width are 1. */
const DEPTH = 0.4;

/** An isometric view of the boxes (n, c), each 1 x DEPTH x 1: channels go right, samples go back, height and width of a map are the face in front. */
export class Projection {
  readonly #pose: Pose;
  readonly #extents: Extents;
  readonly #steps: { readonly right: Point; readonly back: Point; readonly up: Point };
  readonly #origin: Point;
  /** Pixels that the width of a box takes. */
  readonly scale: number;

  /** Fits all boxes into the canvas, `margin` from its borders. */
  constructor(extents: Extents, pose: Pose, size: { width: number; height: number }, margin: { x: number; y: number }) {
    this.#extents = extents;
    this.#pose = pose;
    const [turn, tilt] = [(pose.turn * Math.PI) / 180, (TILT * Math.PI) / 180];
    const unit = {
      right: { x: Math.cos(turn), y: Math.sin(turn) * Math.sin(tilt) },
      back: { x: Math.sin(turn), y: -Math.cos(turn) * Math.sin(tilt) },
      up: { x: 0, y: -Math.cos(tilt) },
    };
    const { right, back } = this.reach;
    const corners = [0, right].flatMap((r) => [0, back].flatMap((b) => [0, 1].map((u) => along(unit, r, b, u))));
    const low = { x: Math.min(...corners.map(({ x }) => x)), y: Math.min(...corners.map(({ y }) => y)) };
    const high = { x: Math.max(...corners.map(({ x }) => x)), y: Math.max(...corners.map(({ y }) => y)) };
    this.scale = Math.max(1, Math.min((size.width - 2 * margin.x) / (high.x - low.x), (size.height - 2 * margin.y) / (high.y - low.y)));
    this.#steps = { right: times(unit.right, this.scale), back: times(unit.back, this.scale), up: times(unit.up, this.scale) };
    this.#origin = { x: size.width / 2 - ((low.x + high.x) / 2) * this.scale, y: size.height / 2 - ((low.y + high.y) / 2) * this.scale };
  }

  /** Extents of the whole, in widths of a box. */
  get reach(): { right: number; back: number } {
    const { n, c } = this.#extents;
    return { right: (c - 1) * this.#pitch.right + 1, back: (n - 1) * this.#pitch.back + DEPTH };
  }

  get #pitch(): { right: number; back: number } {
    const { spread } = this.#pose;
    return { right: 1.02 + 0.25 * spread, back: DEPTH + 0.02 + 1.2 * spread };
  }

  /** True where the right side of boxes is seen, not the left. */
  get showsRight(): boolean {
    return this.#pose.turn >= 0;
  }

  /** A point of the scene: widths of a box to the right, back and up. */
  at(right: number, back: number, up: number): Point {
    const step = along(this.#steps, right, back, up);
    return { x: this.#origin.x + step.x, y: this.#origin.y + step.y };
  }

  /** The faces of box (n, c) that are seen: u goes right (or back), v goes down (or to the front). */
  faces(n: number, c: number): { front: Face; top: Face; side: Face } {
    const [left, near] = [c * this.#pitch.right, n * this.#pitch.back];
    const { right, back, up } = this.#steps;
    const down = times(up, -1);
    const depth = times(back, DEPTH);
    return {
      front: { corner: this.at(left, near, 1), u: right, v: down },
      top: { corner: this.at(left, near + DEPTH, 1), u: right, v: times(depth, -1) },
      side: { corner: this.at(this.showsRight ? left + 1 : left, near, 1), u: depth, v: down },
    };
  }

  /** Boxes from the farthest to the nearest. */
  order(): { n: number; c: number }[] {
    const { n, c } = this.#extents;
    const channels = Array.from({ length: c }, (_, i) => (this.showsRight ? i : c - 1 - i));
    return Array.from({ length: n }, (_, i) => n - 1 - i).flatMap((sample) => channels.map((channel) => ({ n: sample, c: channel })));
  }

  /** The nearest box at a point of the canvas. */
  hit(point: Point): { n: number; c: number } | null {
    const found = this.order().findLast(({ n, c }) => Object.values(this.faces(n, c)).some((face) => inside(face, point)));
    return found ?? null;
  }
}

function along(steps: { right: Point; back: Point; up: Point }, right: number, back: number, up: number): Point {
  return {
    x: steps.right.x * right + steps.back.x * back + steps.up.x * up,
    y: steps.right.y * right + steps.back.y * back + steps.up.y * up,
  };
}

function times({ x, y }: Point, factor: number): Point {
  return { x: x * factor, y: y * factor };
}

/** Solves corner + a u + b v = point, and looks whether a and b lie in 0 to 1. */
function inside({ corner, u, v }: Face, point: Point): boolean {
  const determinant = u.x * v.y - u.y * v.x;
  if (Math.abs(determinant) < 1e-9) return false;
  const [x, y] = [point.x - corner.x, point.y - corner.y];
  const a = (x * v.y - y * v.x) / determinant;
  const b = (u.x * y - u.y * x) / determinant;
  return a >= 0 && a <= 1 && b >= 0 && b <= 1;
}
