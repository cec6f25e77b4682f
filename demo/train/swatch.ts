import type { NormName } from "./norms.ts";

/** Lines that differ by more than their colour. */
export const DASHES: Readonly<Record<NormName, readonly number[]>> = {
  none: [2, 3],
  batch: [9, 4],
  group: [14, 3, 3, 3],
  "group+ws": [],
  "bcn+ws": [5, 5],
  weight: [3, 2, 3, 7],
  layer: [14, 5],
};

const SVG = "http://www.w3.org/2000/svg";

/** A piece of a lane's curve, for legends. */
export function swatch(norm: NormName): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("class", "lane-swatch");
  svg.setAttribute("viewBox", "0 0 32 6");
  svg.setAttribute("aria-hidden", "true");
  svg.dataset["lane"] = norm;
  line.setAttribute("d", "M0 3H32");
  line.setAttribute("stroke-dasharray", DASHES[norm].join(" ") || "none");
  svg.append(line);
  return svg;
}
