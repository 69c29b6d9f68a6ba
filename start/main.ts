/**
 * `deno task start`: the whole platform in one process, with its own Postgres and NATS beside it.
 */
import process from "node:process";
import { runAllInOne } from "./all_in_one.ts";
import { startPlatform } from "./platform.ts";

await runAllInOne(startPlatform, process.argv.slice(2));
