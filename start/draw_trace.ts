/** `deno task trace`: writes `ops/trace.md` from a session that really ran. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { runTracedSession, traceLines } from "./testing_traced_session.ts";

const about = [
  "# The trace of one plug-in",
  "",
  "An OCPP 1.6 session of five CALLs through a gateway and a worker as processes of their own, over",
  "NATS and Postgres, as an OpenTelemetry collector got it (OTLP over HTTP). Written by",
  "`deno task trace` from a session that really ran; a test compares its shape with each run. Columns:",
  "span, process, start after the first span, duration. The plug-in begins where the worker first hears",
  "of it.",
  "",
  "All messages of a session share a trace, whose id is a digest of the session's address: start, meter",
  "values and stop are found together, however long they lie apart. BootNotification and what else",
  "belongs to no session are traces of their own. Rows of the journal carry the trace in their header",
  "(`traceparent`), so that `deno task ops inspect` leads to it.",
  "",
  "- `receive`: the frame is decoded. `validate`: against the official schema. `queue` (when there is",
  "  one): behind other CALLs of the socket. `bus`: to the worker and back. `answer`: checked and",
  "  written to the socket.",
  "- In the worker: `mailbox`: behind other messages of the station. `load`, `inputs`: actors and drawn",
  "  values that were not in memory. `step`: the chart. `commit wait`: for the batch before. `commit`:",
  "  on disk.",
  "",
  "Switched on by OTEL_EXPORTER_OTLP_ENDPOINT; OTEL_TRACES_SAMPLER_ARG is the share of the stations",
  "that are traced at a time, each for a week, so that a plug-in is traced whole.",
  "",
  "```text",
];

const { spans } = await runTracedSession();
const file = fileURLToPath(new URL("../ops/trace.md", import.meta.url));
writeFileSync(file, [...about, ...traceLines(spans), "```", ""].join("\n"));
process.stdout.write(`ops/trace.md: ${spans.length} spans\n`);
process.exit(0);
