/**
 * `deno task reconcile`: after a point-in-time restore of DATABASE_URL, and before any role is
 * started on it. Without NATS_URL the stream of facts counts as lost, too. Says what is lost; the
 * open sessions that it lists are then asked for with `deno task open-sessions`.
 */
import process from "node:process";
import { Type } from "@sinclair/typebox";
import { readConfig, workerConfigSchema } from "#schemas/config.ts";
import { reconciledLines } from "./reconciled_lines.ts";
import { reconcile } from "./restored_state.ts";
import { errorText } from "./start_error.ts";

const { databaseUrl, natsUrl } = workerConfigSchema.properties;
const reconcileConfigSchema = Type.Object({ databaseUrl, natsUrl: Type.Optional(natsUrl) });

/** Sets the exit code: 0 roles may be started, 1 not. */
async function run(): Promise<void> {
  try {
    const config = readConfig(reconcileConfigSchema, process.env);
    const done = await reconcile({ databaseUrl: config.databaseUrl, natsUrl: config.natsUrl });
    process.stdout.write(`${reconciledLines(done).join("\n")}\n`);
  } catch (thrown) {
    process.stderr.write(`${errorText(thrown)}\n`);
    process.exitCode = 1;
  }
  process.exit(process.exitCode ?? 0);
}

await run();
