// npm run guard [-- --record]: compares what calls cost (dispatches, submits, bytes, scratch memory, GPU objects) with test/guard/recorded.txt; with --record it writes that file anew.
import { startVitest } from "vitest/node";

if (process.argv.includes("--record")) process.env["GUARD_RECORD"] = "1";
const vitest = await startVitest("test", ["test/guard/"], { watch: false, project: "unit" });
await vitest.close();
