/** RemoteTrigger: messages that an operator asks for (OCPP 1.6J, 5.17). */
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import type { Payload } from "../recording.ts";
import { bootNotification, statusNotification } from "../station_words.ts";

const code = ["schemas/ocpp16/commands.ts", "actors/charger/commands.ts"];

interface Triggered {
  readonly message: string;
  readonly evseId?: number;
  /** What the station then sends under that name. */
  readonly payload: () => Payload;
  readonly answer: unknown;
}

const now = (at: unknown): boolean => Math.abs(Date.parse(String(at)) - Date.now()) < 60_000;

const triggers: readonly Triggered[] = [
  {
    message: "MeterValues",
    evseId: 1,
    payload: () => ({
      connectorId: 1,
      meterValue: [{
        timestamp: new Date().toISOString(),
        sampledValue: [{ value: "1000", context: "Trigger" }],
      }],
    }),
    answer: {},
  },
  { message: "Heartbeat", payload: () => ({}), answer: { currentTime: now } },
  {
    message: "StatusNotification",
    evseId: 1,
    payload: () => statusNotification("ocpp1.6", 1, "Available"),
    answer: {},
  },
  {
    message: "DiagnosticsStatusNotification",
    payload: () => ({ status: "Idle" }),
    answer: {},
  },
  { message: "FirmwareStatusNotification", payload: () => ({ status: "Idle" }), answer: {} },
  {
    message: "BootNotification",
    payload: () => bootNotification("ocpp1.6"),
    answer: { status: "Accepted", currentTime: now },
  },
];

conformanceCase({ version: "1.6", id: "TC_054", in: code }, async (c) => {
  const station = await c.newStation();

  for (const { message, evseId, payload, answer } of triggers) {
    const connector = evseId === undefined ? {} : { connectorId: evseId };
    // deno-lint-ignore no-await-in-loop -- one command after the other
    const command = await c.command(station, "trigger", {
      message,
      ...(evseId === undefined ? {} : { evseId }),
    });
    // deno-lint-ignore no-await-in-loop
    const call = await station.expectCall("TriggerMessage");
    c.equal(`the trigger of ${message} names it and its connector`, call.payload, {
      requestedMessage: message,
      ...connector,
    });
    call.answer({ status: "Accepted" });
    // deno-lint-ignore no-await-in-loop
    c.match(`${message} is answered`, await station.call(message, payload()), answer);
    // deno-lint-ignore no-await-in-loop
    await c.commandIs(command, { status: "accepted", response: { status: "Accepted" } });
  }
});

async function refusedTrigger(c: ConformanceRun, status: string): Promise<void> {
  const station = await c.newStation();
  const command = await c.command(station, "trigger", { message: "MeterValues", evseId: 1 });
  (await station.expectCall("TriggerMessage")).answer({ status });
  await c.commandIs(command, { status: "rejected", response: { status } });
}

conformanceCase({ version: "1.6", id: "TC_055", in: code }, async (c) => {
  await refusedTrigger(c, "Rejected");
  await refusedTrigger(c, "NotImplemented");
});
