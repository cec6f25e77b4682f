/** Height and width of a digit. */
export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** Digits of a file that build/digits-plugin.ts made, a byte a pixel. @throws Error where it does not come */
export async function loadDigits(url: string): Promise<Uint8Array> {
  const packed = await fetch(url);
  if (!packed.ok) throw new Error(`the digits could not be loaded: ${packed.status} ${packed.statusText}`);
  return new Uint8Array(await new Response(packed.body!.pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer());
}
