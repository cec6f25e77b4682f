/** Puts a list's items in some order (Fisher and Yates). @param uniform numbers from 0, below 1 */
export function shuffle(list: { readonly length: number; [index: number]: unknown }, uniform: () => number): void {
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(uniform() * (last + 1));
    [list[last], list[other]] = [list[other], list[last]];
  }
}
