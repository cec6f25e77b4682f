import { paintAtlas, type Atlas, type Colour, type Palette } from "./atlas.ts";
import { drawCube, type Ink, type Scene } from "./cube.ts";
import type { Pose, Projection } from "./projection.ts";

type Content = Omit<Scene, "atlas" | "pose"> & { readonly pose: Pose; readonly values: ArrayLike<number> | null; readonly range: readonly [number, number] };

/** What a person does to the cube. */
export interface CubeEvents {
  readonly hover: (box: { n: number; c: number } | null) => void;
  readonly choose: (box: { n: number; c: number }) => void;
  /** Turned by so many degrees. */
  readonly turn: (degrees: number) => void;
}

/** Pixels from which a press is a drag. */
const DRAG = 4;
const DEGREES_PER_PIXEL = 0.35;

/** The canvas of the cube: draws what it is given, in the colours of the theme, and tells what is hovered, chosen and turned. */
export class CubeView {
  readonly #canvas: HTMLCanvasElement;
  readonly #swatches: HTMLElement;
  #content: Content | null = null;
  #atlas: { readonly values: ArrayLike<number>; readonly key: string; readonly atlas: Atlas } | null = null;
  #projection: Projection | null = null;
  /** The pose as it is drawn: it follows the wanted one. */
  #pose: Pose | null = null;
  /** True while a frame is asked for. */
  #waits = false;

  /** @param swatches has elements .plain-low, .plain-high, .lit-low, .lit-high, .line and .text, each with a colour of its own */
  constructor(canvas: HTMLCanvasElement, swatches: HTMLElement, events: CubeEvents) {
    this.#canvas = canvas;
    this.#swatches = swatches;
    this.#listen(events);
    new ResizeObserver(() => this.#draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  show(content: Content): void {
    this.#content = content;
    this.#draw();
  }

  #draw(): void {
    if (this.#waits) return;
    this.#waits = true;
    requestAnimationFrame(() => {
      this.#waits = false;
      if (this.#content && this.#canvas.clientWidth) this.#paint(this.#content);
    });
  }

  #paint(content: Content): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const pixels = Math.min(3, devicePixelRatio || 1);
    if (this.#canvas.width !== Math.round(width * pixels)) this.#canvas.width = Math.round(width * pixels);
    if (this.#canvas.height !== Math.round(height * pixels)) this.#canvas.height = Math.round(height * pixels);
    const context = this.#canvas.getContext("2d")!;
    context.setTransform(pixels, 0, 0, pixels, 0, 0);
    this.#pose = stepTowards(this.#pose, content.pose);
    this.#projection = drawCube(context, { width, height }, { ...content, pose: this.#pose, atlas: this.#atlasOf(content) }, this.#ink());
    if (this.#pose !== content.pose) this.#draw();
  }

  #atlasOf({ values, extents, range }: Content): Atlas | null {
    if (!values) return null;
    const palette = this.#palette();
    const key = JSON.stringify([extents, range, palette]);
    if (this.#atlas?.values !== values || this.#atlas.key !== key) this.#atlas = { values, key, atlas: paintAtlas(values, extents, range, palette) };
    return this.#atlas.atlas;
  }

  #colour(name: string): string {
    return getComputedStyle(this.#swatches.querySelector(`.${name}`)!).color;
  }

  #ink(): Ink {
    return { line: this.#colour("line"), lit: this.#colour("lit-high"), text: this.#colour("text") };
  }

  #palette(): Palette {
    const of = (name: string): Colour => {
      const [red = 0, green = 0, blue = 0] = this.#colour(name)
        .match(/[\d.]+/g)!
        .map(Number);
      return [red, green, blue];
    };
    return { plain: [of("plain-low"), of("plain-high")], lit: [of("lit-low"), of("lit-high")] };
  }

  #boxAt(event: PointerEvent): { n: number; c: number } | null {
    const { left, top } = this.#canvas.getBoundingClientRect();
    return this.#projection?.hit({ x: event.clientX - left, y: event.clientY - top }) ?? null;
  }

  #listen(events: CubeEvents): void {
    const canvas = this.#canvas;
    let pressed: { x: number; drags: boolean } | null = null;
    canvas.addEventListener("pointerdown", (event) => {
      pressed = { x: event.clientX, drags: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!pressed) return events.hover(this.#boxAt(event));
      const moved = event.clientX - pressed.x;
      if (!pressed.drags && Math.abs(moved) < DRAG) return;
      pressed = { x: event.clientX, drags: true };
      events.turn(-moved * DEGREES_PER_PIXEL);
    });
    canvas.addEventListener("pointerup", (event) => {
      const box = pressed?.drags ? null : this.#boxAt(event);
      pressed = null;
      if (box) events.choose(box);
    });
    canvas.addEventListener("pointercancel", () => (pressed = null));
    canvas.addEventListener("pointerleave", () => events.hover(null));
  }
}

/** A step of the drawn pose towards the wanted one, or all of the way where motion is not wanted. */
function stepTowards(from: Pose | null, to: Pose): Pose {
  if (!from || matchMedia("(prefers-reduced-motion: reduce)").matches) return to;
  const [turn, spread] = [to.turn - from.turn, to.spread - from.spread];
  if (Math.abs(turn) < 0.5 && Math.abs(spread) < 0.005) return to;
  return { turn: from.turn + turn * 0.35, spread: from.spread + spread * 0.35 };
}
