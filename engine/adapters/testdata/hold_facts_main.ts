/**
 * A process that consumes facts and never finishes one: says `held <key>` for each. Killed by its
 * test in the middle of it. Arguments: NATS URL, stream, prefix, name of the consumer.
 */
import process from "node:process";
import { silentTelemetry } from "#engine/telemetry.ts";
import { connectNats } from "#engine/adapters/nats_connection.ts";
import { NatsDurableFacts } from "#engine/adapters/nats_durable_facts.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";

const [url = "", stream = "", prefix = "", name = ""] = process.argv.slice(2);
const clock = systemClock();
const telemetry = silentTelemetry(clock);
const link = await connectNats({ url, name: "holds facts", telemetry });
const facts = await NatsDurableFacts.open({
  ...{ link, clock, telemetry, stream, prefix },
  silenceMsMax: 1_000,
});
facts.consume({ name, startAfter: { afterSequence: 0 } }, ({ key }) => {
  process.stdout.write(`held ${key}\n`);
  return new Promise(() => {});
});
