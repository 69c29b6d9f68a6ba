/**
 * `deno task restore -- --from <backup> [--archive <folder>] [--at <moment>]`: puts the embedded
 * Postgres of DATA_DIR back to a moment and reconciles it with the world, which has gone on. The
 * platform must be stopped; start it afterwards as usual.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { OptionError, parseOptions } from "#loadtest/options.ts";
import { readConfig, type StartConfig, startConfigSchema } from "#schemas/config.ts";
import { takeDataFolder } from "./data_folder.ts";
import { startEmbeddedNats } from "./embedded_nats.ts";
import { type Progress, startEmbeddedPostgres } from "./embedded_postgres.ts";
import { closeAll, type Part } from "./part.ts";
import { restoreTo } from "./point_in_time.ts";
import { reconciledLines } from "./reconciled_lines.ts";
import { reconcile } from "./restored_state.ts";
import { errorText, StartError } from "./start_error.ts";

const specs = {
  from: { type: "text", help: "folder that the task backup made" },
  archive: { type: "text", help: "folder of the archived WAL" },
  at: { type: "text", help: "moment to restore, RFC 3339; default: as late as there is WAL" },
} as const;

const progress: Progress = {
  say: (line) => void process.stdout.write(`${line}\n`),
  signal: new AbortController().signal,
};

async function restore(config: StartConfig, parts: Part[]): Promise<void> {
  const options = parseOptions(process.argv.slice(2), specs);
  const from = options.text("from");
  if (from === undefined) throw new OptionError("Say --from <backup>");
  if (config.databaseUrl !== undefined) {
    throw new StartError(
      "DATABASE_URL is set: restore that server by its own tools, then reconcile.",
    );
  }
  const folder = await takeDataFolder(config.dataDir);
  parts.push({ close: () => Promise.resolve(folder.release()) });
  const [archive, at] = [options.text("archive"), options.text("at")];
  await restoreTo(folder, { from, archive, at, port: config.postgresPort }, progress);
  const database = await startEmbeddedPostgres(folder, config.postgresPort, progress);
  parts.push(database);
  const ports = { port: config.natsPort, monitorPort: config.natsMonitorPort };
  const hasStream = config.natsUrl === undefined && existsSync(join(folder.path, "nats"));
  const nats = hasStream ? await startEmbeddedNats(folder, ports, progress) : undefined;
  if (nats !== undefined) parts.push(nats);
  const natsUrl = config.natsUrl ?? nats?.url;
  const done = await reconcile({ databaseUrl: database.url, natsUrl });
  for (const line of reconciledLines(done)) progress.say(line);
}

const parts: Part[] = [];
try {
  await restore(readConfig(startConfigSchema, process.env), parts);
} catch (thrown) {
  process.stderr.write(`${errorText(thrown)}\n`);
  process.exitCode = thrown instanceof OptionError ? 2 : 1;
}
await closeAll(parts);
process.exit(process.exitCode ?? 0);
