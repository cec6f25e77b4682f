/** Where the bundles are. */
export const folder: string;
export function buildPeers(): Promise<{ name: string; url: string; version: string }[]>;
