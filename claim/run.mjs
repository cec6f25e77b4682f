// npm run claim [-- --norms LIST] [--batches LIST] [--seeds LIST] [--samples N] [--adapter swiftshader|default] [--minutes N] [--out DIR] [--fresh]
// Trains a small network on digits, once for each norm, batch size and seed, all on as many digits, and writes runs.json, README.md and two pictures into DIR (docs/claim) after every run. Started
// again it goes on with the runs that are missing. Ends with a status that is not zero where the page crashed or the device was lost; what was finished is kept.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { arch, cpus, type } from "node:os";
import { join, resolve } from "node:path";
import { runnerImport } from "vite";
import { openTrainer } from "./chromium.mjs";

/** @typedef {import("./record.ts").ClaimRecord} ClaimRecord */

const root = resolve(import.meta.dirname, "..");

/** @param {string} file @returns {Promise<any>} */
const load = async (file) => (await runnerImport(join(import.meta.dirname, file))).module;

/** @type {[typeof import("./options.ts"), typeof import("./record.ts"), typeof import("./drive.ts"), typeof import("./charts.ts"), typeof import("./report.ts")]} */
const [{ parseOptions }, { SCHEMA, jobsOf, left, nameOf, resume }, { drive }, { curves, finals }, { filled, results }] = /** @type {any} */ (
  await Promise.all(["options.ts", "record.ts", "drive.ts", "charts.ts", "report.ts"].map(load))
);

/** @param {string} file */
const read = (file) => (existsSync(file) ? readFileSync(file, "utf8") : null);

/** A record that is cut short while it is written would be lost. @param {string} file @param {string} text */
function write(file, text) {
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}

/** @param {string} folder @param {ClaimRecord} record */
function save(folder, record) {
  mkdirSync(folder, { recursive: true });
  write(join(folder, "runs.json"), `${JSON.stringify(record, null, 1).replaceAll(/\[\s+(-?[\d.e-]+),\s+(-?[\d.e-]+)\s+\]/g, "[$1, $2]")}\n`);
  if (record.runs.length) {
    write(join(folder, "curves.svg"), curves(record));
    write(join(folder, "finals.svg"), finals(record));
  }
  const page = join(folder, "README.md");
  write(page, filled(read(page), results(record, { curves: "curves.svg", finals: "finals.svg" })));
}

/** @param {string} name @returns {string} */
const versionOf = (name) => JSON.parse(readFileSync(join(root, name, "package.json"), "utf8")).version;

/** @param {import("./options.ts").Options} options */
async function main(options) {
  const start = Date.now();
  const folder = resolve(options.out);
  const text = options.fresh ? null : read(join(folder, "runs.json"));
  /** @type {ClaimRecord | null} */
  const before = text === null ? null : JSON.parse(text);
  const trainer = await openTrainer(options);
  try {
    const { runs: earlier, ...facts } = resume(before, {
      schema: SCHEMA,
      samples: options.samples,
      ...trainer.facts,
      browser: trainer.browser,
      machine: { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, os: `${type()} ${arch()}` },
      versions: { normgpu: versionOf("."), "TensorFlow.js": versionOf("node_modules/@tensorflow/tfjs-core") },
      runs: [],
    });
    const runs = [...earlier];
    const record = { ...facts, runs };
    const jobs = left(jobsOf(options), runs);
    const { name, software } = facts.adapter;
    console.log(`claim: ${jobs.length} runs of ${options.samples} digits on ${name}${software ? " (software adapter)" : ""}; ${runs.length} are recorded`);
    let done = 0;
    for (const job of jobs) {
      if (Date.now() - start > options.minutes * 60_000) break;
      const run = await drive(job, await trainer.start(job), record, Date);
      runs.push(run);
      save(folder, record);
      done++;
      const end = run.divergedAt === null ? "" : `, diverged after ${run.divergedAt} digits`;
      console.log(`${nameOf(job)}: ${run.accuracy.map(([, share]) => (share * 100).toFixed(1)).join(", ")} % in ${run.seconds} s${end}`);
    }
    save(folder, record);
    const rest = jobs.length - done;
    console.log(rest ? `${options.minutes} minutes are over, and ${rest} runs left: the same command goes on with them` : `all runs are recorded in ${folder}`);
  } finally {
    await trainer.close();
  }
}

try {
  await main(parseOptions(process.argv.slice(2)));
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
