import type { Atlas } from "./atlas.ts";
import type { Extents } from "./norms.ts";
import { Projection, type Face, type Point, type Pose } from "./projection.ts";

/** What the cube is drawn from. */
export interface Scene {
  readonly extents: Extents;
  readonly atlas: Atlas | null;
  readonly pose: Pose;
  /** True for the boxes that share the lit statistic. */
  readonly isLit: (n: number, c: number) => boolean;
  /** Names of the axes, with their extents. */
  readonly labels: { readonly right: string; readonly back: string; readonly up: string };
}

/** Colours beside those of the maps. */
export interface Ink {
  readonly line: string;
  readonly lit: string;
  readonly text: string;
}

/** Room for the labels, in pixels. */
const MARGIN = { x: 26, y: 24 };

/** Draws the cube, and returns where everything is. */
export function drawCube(context: CanvasRenderingContext2D, size: { width: number; height: number }, scene: Scene, ink: Ink): Projection {
  const projection = new Projection(scene.extents, scene.pose, size, MARGIN);
  context.clearRect(0, 0, size.width, size.height);
  context.imageSmoothingEnabled = false;
  for (const { n, c } of projection.order()) drawBox(context, projection, scene, ink, n, c);
  drawLabels(context, projection, scene.labels, ink);
  return projection;
}

function drawBox(context: CanvasRenderingContext2D, projection: Projection, { atlas, extents, isLit }: Scene, ink: Ink, n: number, c: number): void {
  const { side } = extents;
  const lit = isLit(n, c);
  const picture = lit ? atlas?.lit : atlas?.plain;
  const { front, top, side: flank } = projection.faces(n, c);
  const [left, above] = [c * side, n * side];
  texture(context, picture, [left, above, side, 1], top);
  shade(context, top, "rgb(255 255 255 / 25%)");
  texture(context, picture, [projection.showsRight ? left + side - 1 : left, above, 1, side], flank);
  shade(context, flank, "rgb(0 0 0 / 18%)");
  texture(context, picture, [left, above, side, side], front);
  for (const face of [top, flank, front]) outline(context, face, lit ? ink.lit : ink.line, lit ? 1.75 : 0.75);
}

/** Lays a part of a picture (left, top, width, height) onto a face. */
function texture(
  context: CanvasRenderingContext2D,
  picture: HTMLCanvasElement | undefined,
  [x, y, width, height]: readonly [number, number, number, number],
  face: Face,
): void {
  if (!picture) return shade(context, face, "rgb(128 128 128 / 20%)");
  context.save();
  context.transform(face.u.x, face.u.y, face.v.x, face.v.y, face.corner.x, face.corner.y);
  context.drawImage(picture, x, y, width, height, 0, 0, 1, 1);
  context.restore();
}

function trace(context: CanvasRenderingContext2D, { corner, u, v }: Face): void {
  context.beginPath();
  context.moveTo(corner.x, corner.y);
  context.lineTo(corner.x + u.x, corner.y + u.y);
  context.lineTo(corner.x + u.x + v.x, corner.y + u.y + v.y);
  context.lineTo(corner.x + v.x, corner.y + v.y);
  context.closePath();
}

function shade(context: CanvasRenderingContext2D, face: Face, colour: string): void {
  trace(context, face);
  context.fillStyle = colour;
  context.fill();
}

function outline(context: CanvasRenderingContext2D, face: Face, colour: string, width: number): void {
  trace(context, face);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.stroke();
}

function drawLabels(context: CanvasRenderingContext2D, projection: Projection, labels: Scene["labels"], ink: Ink): void {
  const { right, back } = projection.reach;
  const below = (point: Point, by: number): Point => ({ x: point.x, y: point.y + by });
  context.fillStyle = ink.text;
  context.font = "600 13px system-ui, sans-serif";
  context.textBaseline = "top";
  const middle = below(projection.at(right / 2, 0, 0), 8);
  label(context, labels.right, middle, projection.showsRight ? "right" : "left");
  const deep = below(projection.at(projection.showsRight ? right : 0, back / 2, 0), 8);
  label(context, labels.back, deep, projection.showsRight ? "left" : "right");
  context.save();
  const edge = projection.at(projection.showsRight ? 0 : right, 0, 0.5);
  context.translate(edge.x + (projection.showsRight ? -20 : 8), edge.y);
  context.rotate(-Math.PI / 2);
  label(context, labels.up, { x: 0, y: 0 }, "center");
  context.restore();
}

function label(context: CanvasRenderingContext2D, text: string, { x, y }: Point, align: CanvasTextAlign): void {
  context.textAlign = align;
  context.fillText(text, x, y);
}
