/**
 * `deno task migrate`: brings the database of DATABASE_URL to the schema of this code and ends.
 * Repeatable, and several at once take turns.
 */
import process from "node:process";
import { Type } from "@sinclair/typebox";
import { migrate } from "#engine/adapters/postgres_migrations.ts";
import { readConfig, workerConfigSchema } from "#schemas/config.ts";
import { errorText } from "./start_error.ts";

const { databaseUrl, shards } = workerConfigSchema.properties;
export const migrateConfigSchema = Type.Object({ databaseUrl, shards });

/** Sets the exit code: 0 the database is up to date, 1 it is not. */
async function run(): Promise<void> {
  try {
    const config = readConfig(migrateConfigSchema, process.env);
    const { applied } = await migrate(config.databaseUrl, { shardCount: config.shards });
    const names = applied.map((name) => `applied ${name}\n`).join("");
    process.stdout.write(`${names}The database is up to date.\n`);
  } catch (thrown) {
    process.stderr.write(`${errorText(thrown)}\n`);
    process.exitCode = 1;
  }
}

await run();
