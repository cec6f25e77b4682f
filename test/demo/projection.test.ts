import { expect, test } from "vitest";
import { Projection, type Face } from "../../demo/see/projection.ts";

const extents = { n: 4, c: 6, side: 7, groups: 1 };
const size = { width: 600, height: 400 };
const middle = ({ corner, u, v }: Face): { x: number; y: number } => ({ x: corner.x + (u.x + v.x) / 2, y: corner.y + (u.y + v.y) / 2 });

test.each([-70, -20, 0, 35, 70])("turned by %i degrees everything is inside the canvas, and the nearest boxes are found at their middles", (turn) => {
  const projection = new Projection(extents, { turn, spread: 0.6 }, size, { x: 30, y: 30 });
  for (const { n, c } of projection.order()) {
    for (const { corner, u, v } of Object.values(projection.faces(n, c))) {
      for (const [a, b] of [
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
      ] as const) {
        const [x, y] = [corner.x + a * u.x + b * v.x, corner.y + a * u.y + b * v.y];
        expect(x > 29.9 && x < 570.1 && y > 29.9 && y < 370.1).toBe(true);
      }
    }
  }
  for (let c = 0; c < extents.c; c++) expect(projection.hit(middle(projection.faces(0, c).top))).toEqual({ n: 0, c });
  expect(projection.hit({ x: 1, y: 1 })).toBe(null);
});

test("boxes are drawn from the farthest to the nearest", () => {
  const order = new Projection(extents, { turn: 30, spread: 0 }, size, { x: 0, y: 0 }).order();
  expect([order[0], order.at(-1)]).toEqual([
    { n: 3, c: 0 },
    { n: 0, c: 5 },
  ]);
  expect(new Projection(extents, { turn: -30, spread: 0 }, size, { x: 0, y: 0 }).order().at(-1)).toEqual({ n: 0, c: 0 });
});
