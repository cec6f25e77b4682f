import type { Gpu } from "../../src/index.ts";
import { adapterName } from "../shell/device.ts";
import { element, made, rowHead } from "../shell/element.ts";
import { describeFacts, factsOf, limitRows } from "./facts.ts";

/** Shows what measures: the card of the device, and every feature and limit beneath it. Null: there is none. */
export function showDevice(gpu: Gpu | null, without: string): void {
  element("adapter").textContent = gpu ? adapterName(gpu) : without;
  const card = element("device-facts");
  card.hidden = !gpu;
  element("device-more").hidden = !gpu;
  if (!gpu) return;
  const facts = factsOf(gpu);
  card.replaceChildren(
    ...describeFacts(facts).map(([name, value]) => {
      const row = made("div");
      row.append(made("dt", name), made("dd", value));
      return row;
    }),
  );
  element("device-features").textContent = `Features: ${facts.features.join(", ") || "none"}.`;
  element<HTMLTableElement>("device-limits").tBodies[0]!.replaceChildren(
    ...limitRows(facts).map(([name, value]) => {
      const row = made("tr");
      row.append(rowHead(name), made("td", value, "number"));
      return row;
    }),
  );
}
