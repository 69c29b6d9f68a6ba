/** What most cases of 1.6 do before and after what they are about. */
import type { CaseToken, ConformanceRun } from "../conformance_run.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import { type StartAnswer, startTransaction, stopTransaction } from "../transaction_16.ts";

export const sessionCode = [
  "schemas/ocpp16/start_transaction.ts",
  "schemas/ocpp16/stop_transaction.ts",
  "actors/charger/sessions.ts",
  "actors/session/messages.ts",
];

/** Presents a tag; gives the status that the platform answers. */
export async function authorize(station: ScriptedStation, idTag: string): Promise<string> {
  const answer = await station.call<{ readonly idTagInfo: { readonly status: string } }>(
    "Authorize",
    { idTag },
  );
  return answer.idTagInfo.status;
}

export interface Charging {
  readonly station: ScriptedStation;
  readonly token: CaseToken;
  readonly transactionId: number;
}

/** Plug, card, start at 1,000 Wh, Charging: on connector 1. */
export async function charging(
  c: ConformanceRun,
  given: { readonly station?: ScriptedStation } = {},
): Promise<Charging> {
  const station = given.station ?? await c.newStation();
  const token = await c.newToken();
  await c.status(station, 1, "Preparing");
  c.equal("Authorize is answered Accepted", await authorize(station, token.uid), "Accepted");
  return await starts(c, station, token);
}

/** The start itself, and Charging after it. */
export async function starts(
  c: ConformanceRun,
  station: ScriptedStation,
  token: CaseToken,
): Promise<Charging> {
  const started = await startTransaction(station, { idTag: token.uid });
  acceptedStart(c, started);
  await c.status(station, 1, "Charging");
  await c.sessionIs(station, {
    status: "open",
    state: "Charging",
    transactionId: String(started.transactionId),
    evseId: 1,
    connectorId: 1,
    token: { uid: token.uid },
    meterStartWh: 1_000,
  });
  return { station, token, transactionId: started.transactionId };
}

export function acceptedStart(c: ConformanceRun, answer: StartAnswer): void {
  c.match("StartTransaction is answered Accepted with a positive number", answer, {
    transactionId: (id: unknown) => typeof id === "number" && id > 0 && id < 2 ** 31,
    idTagInfo: { status: "Accepted" },
  });
}

/** The stop at 1,600 Wh, then what REST shows of it. */
export async function stops(
  c: ConformanceRun,
  { station, token, transactionId }: Charging,
  reason: string,
): Promise<void> {
  const idTag = reason === "Local" ? { idTag: token.uid } : {};
  const answer = await stopTransaction(station, {
    transactionId,
    meterStop: 1_600,
    reason,
    ...idTag,
  });
  c.match("StopTransaction is answered, with the tag when it named one", answer, {
    idTagInfo: reason === "Local" ? { status: "Accepted" } : undefined,
  });
  await c.status(station, 1, "Finishing");
  await c.status(station, 1, "Available");
  await c.sessionIs(station, closedSession({ token, transactionId }, reason));
  await c.stationIs(station, { openSessions: [] });
}

/** What REST shows of a transaction from 1,000 to 1,600 Wh. */
export function closedSession(
  { token, transactionId }: Pick<Charging, "token" | "transactionId">,
  stopReason: string,
): Payload {
  return {
    transactionId: String(transactionId),
    status: "closed",
    stopReason,
    meterStartWh: 1_000,
    meterStopWh: 1_600,
    energyWh: 600,
    evseId: 1,
    connectorId: 1,
    token: { uid: token.uid },
    flags: [],
  };
}
