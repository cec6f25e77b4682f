/** The element of this id, which stands in index.html. */
export function element<Kind extends Element = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no element #${id}`);
  return found as Element as Kind;
}

/** A new element with text. */
export function made<Name extends keyof HTMLElementTagNameMap>(name: Name, text = "", className = ""): HTMLElementTagNameMap[Name] {
  const one = document.createElement(name);
  one.textContent = text;
  if (className) one.className = className;
  return one;
}

/** A cell that heads its row. */
export function rowHead(...content: (string | Node)[]): HTMLTableCellElement {
  const head = Object.assign(made("th"), { scope: "row" });
  head.append(...content);
  return head;
}

/** A row of cells that head their columns: texts, each with its class. */
export function columnHeads(heads: readonly (readonly [text: string, className: string])[]): HTMLTableRowElement {
  const row = made("tr");
  row.append(...heads.map(([text, className]) => Object.assign(made("th", text, className), { scope: "col" })));
  return row;
}

/** A tick or a choice as a chip: its control and its word, one label. */
export function chip(control: { type: "checkbox" | "radio"; name: string; value: string }, text: string): HTMLLabelElement {
  const label = made("label");
  label.append(Object.assign(made("input"), control), made("span", text));
  return label;
}
