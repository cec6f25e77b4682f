import type { Browser } from "puppeteer";

export interface Opened {
  browser: Browser;
  adapterName: string;
  software: boolean;
  executable: string;
}
export function findBrowser(): Promise<string>;
export function openBrowser(options?: { adapter?: "default" | "swiftshader" }): Promise<Opened>;
export function describeAdapter(opened: Opened): string;
