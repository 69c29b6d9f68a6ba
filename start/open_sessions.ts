/**
 * `deno task open-sessions`: asks the stations of all sessions that are open whether they still
 * charge, over REST with OPERATOR_API_KEY. After a restore a session may have ended in the lost
 * time. `--close` closes those of stations of which none goes on; a station that cannot be asked is
 * left alone. Repeatable.
 */
import process from "node:process";
import { OptionError, parseOptions } from "#loadtest/options.ts";
import { PlatformRest } from "#loadtest/platform_rest.ts";
import { type AskedSession, askedSessions, closableStations } from "./asked_sessions.ts";
import { errorText, StartError } from "./start_error.ts";

const specs = {
  url: { type: "text", help: "of the api", default: "http://127.0.0.1:8080" },
  close: { type: "flag", help: "close the sessions that have ended" },
} as const;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function countOf(asked: readonly AskedSession[], answer: AskedSession["answer"]): number {
  return asked.filter((one) => one.answer === answer).length;
}

async function run(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), specs);
  const key = process.env["OPERATOR_API_KEY"]?.trim() ?? "";
  if (key === "") throw new StartError("OPERATOR_API_KEY must be set: the key of the operator.");
  const rest = new PlatformRest(options.text("url") ?? "", key);
  const asked = await askedSessions(rest);
  for (const { id, stationId, answer } of asked) say(`${stationId} ${id}: ${answer}`);
  const stations = closableStations(asked);
  for (const id of options.flag("close") ? stations : []) {
    const path = `/api/v1/stations/${encodeURIComponent(id)}/close-stale`;
    // deno-lint-ignore no-await-in-loop -- one after the other spares the stations' workers
    const { closed } = await rest.json<{ readonly closed: readonly string[] }>("POST", path);
    say(`closed ${closed.join(", ")}`);
  }
  say(
    `${asked.length} sessions are open: ${countOf(asked, "goes on")} go on, ` +
      `${countOf(asked, "has ended")} have ended, ${countOf(asked, "cannot be asked")} cannot be ` +
      `asked` + (options.flag("close") ? `; ${stations.length} stations were cleared` : ""),
  );
}

try {
  await run();
} catch (thrown) {
  process.stderr.write(`${errorText(thrown)}\n`);
  process.exitCode = thrown instanceof OptionError ? 2 : 1;
}
process.exit(process.exitCode ?? 0);
