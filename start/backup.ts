/**
 * `deno task backup -- --to <folder>`: a base backup of the embedded Postgres in DATA_DIR, while
 * the platform works. `--archive <folder>` makes it archive its WAL from then on, so that a restore
 * can go to any moment after a backup. Other Postgres servers have tools of their own
 * (deploy/runbook.md).
 */
import process from "node:process";
import { Type } from "@sinclair/typebox";
import { OptionError, parseOptions } from "#loadtest/options.ts";
import { readConfig, startConfigSchema } from "#schemas/config.ts";
import { archiveInto, baseBackup } from "./base_backup.ts";
import { errorText } from "./start_error.ts";

const specs = {
  to: { type: "text", help: "new folder for the backup" },
  archive: { type: "text", help: "folder into which WAL is archived from now on" },
} as const;

const { dataDir } = startConfigSchema.properties;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function run(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), specs);
  const config = readConfig(Type.Object({ dataDir }), process.env);
  const [to, archive] = [options.text("to"), options.text("archive")];
  if (to === undefined && archive === undefined) {
    throw new OptionError("Say --to <folder> for a backup, --archive <folder> to archive, or both");
  }
  if (archive !== undefined) {
    const isOn = await archiveInto(config.dataDir, archive);
    say(isOn ? `archiving into ${archive}` : `archives into ${archive} from the next start on`);
  }
  if (to === undefined) return;
  const done = await baseBackup(config.dataDir, to);
  const megabytes = (done.bytes / 1e6).toFixed(1);
  say(
    `backed up ${done.files} files, ${megabytes} MB into ${to}: restores to ${done.endedAt}` +
      (done.isArchiving ? " and any moment after it" : "; nothing is archived after it"),
  );
}

try {
  await run();
} catch (thrown) {
  process.stderr.write(`${errorText(thrown)}\n`);
  process.exitCode = thrown instanceof OptionError ? 2 : 1;
}
process.exit(process.exitCode ?? 0);
