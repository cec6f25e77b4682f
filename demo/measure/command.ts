import { CASES } from "../../bench/case-list.ts";
import { casesMatching, type Case } from "../../bench/cases.ts";
import type { Report } from "./terminal.ts";

declare global {
  interface Window {
    /** Set by build/start.mjs in the browser that it controls. */
    __progress?: (text: string) => void;
    __report?: (report: Report) => void;
  }
}

/** What `npm start` asks for, `?run=1[&cases=TEXT]`: the cases of the main job, or those of the whole list whose text matches. Null: nothing. @throws Error where none matches */
export function commanded(query: string): readonly Case[] | null {
  const params = new URLSearchParams(query);
  if (!params.has("run")) return null;
  const wanted = params.get("cases");
  return wanted ? casesMatching(CASES, wanted) : CASES.filter(({ tags }) => tags.includes("page"));
}
