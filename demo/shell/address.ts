/** What the part of the address after # says: a view and its settings, as in `#see?norm=group&groups=2`. */
export interface Address {
  readonly view: string;
  readonly params: URLSearchParams;
}

/** Reads the part of an address after #. */
export function readAddress(hash: string): Address {
  const [view = "", ...rest] = hash.replace(/^#/, "").split("?");
  return { view, params: new URLSearchParams(rest.join("?")) };
}

export function writeAddress({ view, params }: Address): string {
  const text = params.toString();
  return `#${view}${text && `?${text}`}`;
}
