/** Walks every catalogue: what stations say, what actors hear, and where their charts may stand. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { actionsOf } from "#schemas/ocpp_actions.ts";
import { judgeResponse } from "#schemas/ocpp_schemas.ts";
import { stationMessages } from "./charger/catalogue.ts";
import type { ChargerEvent } from "./charger/context.ts";
import { chargerMachine } from "./charger/machine.ts";
import type { ReservationEvent } from "./reservation/context.ts";
import { reservationMachine } from "./reservation/machine.ts";
import type { SessionEvent } from "./session/context.ts";
import { sessionMachine } from "./session/machine.ts";
import { Stage, StationOnStage } from "./stage_testing.ts";
import type { TokenEvent } from "./token/machine.ts";
import { tokenMachine } from "./token/machine.ts";

/** Whether an event moves the chart, or is answered beside it (samples, questions, beats). */
type Hearing = "chart" | "ignored";

/** A type that is not listed here does not compile. */
const chargerTypes: Readonly<Record<ChargerEvent["type"], Hearing>> = {
  BootNotification: "chart",
  Heartbeat: "chart",
  StatusNotification: "chart",
  StatusReports: "chart",
  Authorize: "ignored",
  "TransactionEvent.Started": "chart",
  "TransactionEvent.Updated": "chart",
  "TransactionEvent.Ended": "chart",
  MeterValues: "ignored",
  Notice: "chart",
  "session.alert": "chart",
  "session.recovered": "chart",
  "session.incomplete": "chart",
  "session.close-stale": "chart",
  "block.order": "chart",
  "station.register": "chart",
  "station.import": "chart",
  "station.change": "chart",
  "station.remove": "chart",
  "station.describe": "ignored",
  "socket.authenticate": "ignored",
  "socket.opened": "chart",
  "socket.closed": "chart",
  "socket.absent": "chart",
  "gateway.lost": "chart",
  "ocpp.answer": "chart",
  "call.request": "chart",
  "command.request": "chart",
  "alert.acknowledge": "chart",
  "alert.resolve": "chart",
  "configuration.check": "chart",
  "alarm.offline": "chart",
  "alarm.commands": "chart",
  "alarm.rivals": "chart",
  "alarm.configuration": "chart",
};

const sessionTypes: Readonly<Record<SessionEvent["type"], Hearing>> = {
  "TransactionEvent.Started": "chart",
  "TransactionEvent.Updated": "chart",
  "TransactionEvent.Ended": "chart",
  MeterValues: "chart",
  "connector.status": "chart",
  "session.close": "chart",
  "session.unheard": "chart",
  "session.messages": "chart",
  "session.annotate": "chart",
  "session.describe": "ignored",
  "alarm.watch": "chart",
};

const reservationTypes: Readonly<Record<ReservationEvent["type"], Hearing>> = {
  "reservation.ask": "chart",
  "reservation.answer": "chart",
  "reservation.cancel": "chart",
  "reservation.cancelAnswer": "chart",
  "reservation.use": "chart",
  ReservationStatusUpdate: "chart",
  "alarm.expiry": "chart",
};

const tokenTypes: Readonly<Record<TokenEvent["type"], Hearing>> = {
  "grant.request": "chart",
  "grant.release": "chart",
  "grant.expiry": "chart",
};

for (
  const [kind, machine, types] of [
    ["charger", chargerMachine, chargerTypes],
    ["reservation", reservationMachine, reservationTypes],
    ["session", sessionMachine, sessionTypes],
    ["token", tokenMachine, tokenTypes],
  ] as const
) {
  test(`${kind}: every event is handled by the chart or listed as ignored`, () => {
    const heard = Object.entries(types).filter(([, hearing]) => hearing === "chart")
      .map(([type]) => type);
    // The empty name is XState's own: transitions without an event.
    const charted = machine.events.map(String).filter((type) => type !== "");
    assert.deepEqual([...charted].toSorted(), heard.toSorted());
  });
}

interface PairFile {
  readonly cases: readonly { readonly request: unknown; readonly throws?: string }[];
}
const folders: readonly (readonly [OcppProtocol, readonly string[]])[] = [
  ["ocpp1.6", ["ocpp16"]],
  ["ocpp2.0.1", ["ocpp201"]],
  ["ocpp2.1", ["ocpp201", "ocpp21"]],
];

for (const [protocol, names] of folders) {
  test(`${protocol}: each message of the catalogue is answered as its official schema says`, () => {
    const pairs = names.flatMap((name) => pairFiles(name));
    for (const action of Object.keys(stationMessages[protocol])) {
      const wanted = action.toLowerCase();
      const found = pairs.filter(({ name }) => name.replaceAll("_", "") === wanted);
      assert.ok(found.length > 0, `${protocol} ${action} has no pairs`);
      for (const { cases } of found) cases.forEach((each) => checkAnswer(protocol, action, each));
    }
  });
}

function pairFiles(name: string): readonly ({ readonly name: string } & PairFile)[] {
  const folder = new URL(`../schemas/${name}/testdata/`, import.meta.url);
  return readdirSync(folder).map((file) => ({
    name: file.slice(0, -".json".length),
    ...JSON.parse(readFileSync(new URL(file, folder), "utf8")) as PairFile,
  }));
}

function checkAnswer(
  protocol: OcppProtocol,
  action: string,
  { request, throws }: PairFile["cases"][number],
): void {
  const settings = { quiet: true, authorisationRequired: false };
  const station = new StationOnStage(new Stage(), "CP1", protocol).register(settings).connect();
  station.boot();
  let response: unknown;
  try {
    response = station.call(action, request);
  } catch (error) {
    assert.ok(error instanceof PlatformError, `${action}: ${String(error)}`);
    assert.equal(error.kind, throws, `${action}: ${error.message}`);
    return;
  }
  const isAnswered = actionsOf(protocol).get(action)?.kind === "CALL";
  const verdict = isAnswered ? judgeResponse(protocol, action, response, "sent") : "clean";
  assert.equal(verdict, "clean", `${protocol} ${action}`);
}
