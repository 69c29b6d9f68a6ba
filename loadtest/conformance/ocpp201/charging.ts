/** What most cases of 2.0.1 do before and after what they are about. */
import type { CaseToken, ConformanceRun } from "../conformance_run.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import { type Place, Transaction2x } from "../transaction_2x.ts";

export const sessionCode = ["actors/charger/sessions.ts", "actors/session/messages.ts"];

export interface AuthorizeAnswer {
  readonly idTokenInfo: {
    readonly status: string;
    readonly groupIdToken?: { readonly idToken: string; readonly type: string };
  };
}

/** Presents a token; the answer must be Accepted. */
export async function authorize(
  c: ConformanceRun,
  station: ScriptedStation,
  token: CaseToken,
): Promise<void> {
  const answer = await station.call("Authorize", { idToken: token.idToken });
  c.match("Authorize is answered Accepted", answer, { idTokenInfo: { status: "Accepted" } });
}

export interface Charging {
  readonly station: ScriptedStation;
  readonly token: CaseToken;
  readonly transaction: Transaction2x;
}

/** A transaction that charges since register 1,000 Wh: cable first, then card. */
export async function charging(
  c: ConformanceRun,
  given: { readonly station?: ScriptedStation; readonly place?: Place; readonly evses?: number } =
    {},
): Promise<Charging> {
  const station = given.station ?? await c.newStation({ evses: given.evses ?? 1 });
  const token = await c.newToken();
  const transaction = new Transaction2x(station, given.place);
  await c.status(station, transaction.evseId, "Occupied", transaction.connectorId);
  await authorize(c, station, token);
  const answer = await transaction.started("Authorized", {
    idToken: token.idToken,
    chargingState: "EVConnected",
    wh: 1_000,
  });
  c.match("the event with the token is answered Accepted", answer, {
    idTokenInfo: { status: "Accepted" },
  });
  await transaction.updated("ChargingStateChanged", { chargingState: "Charging" });
  return { station, token, transaction };
}

/** The last event, then what REST shows of it: `wh` is the register at the end. */
export async function endsWith(
  c: ConformanceRun,
  { station, transaction, token }: Charging,
  end: { readonly trigger: string; readonly stoppedReason: string; readonly wh?: number },
): Promise<void> {
  const { trigger, stoppedReason, wh = 1_600 } = end;
  const answer = await transaction.ended(trigger, { chargingState: "Idle", stoppedReason, wh });
  c.equal("an event without a token is answered without one", answer.idTokenInfo, undefined);
  await c.status(station, transaction.evseId, "Available", transaction.connectorId);
  await c.sessionIs(station, closedSession({ transaction, token }, stoppedReason, wh));
  await c.stationIs(station, { openSessions: [] });
}

/** What REST shows of a transaction that went from 1,000 Wh to `wh`. */
export function closedSession(
  { transaction, token }: Pick<Charging, "transaction" | "token">,
  stopReason: string,
  wh: number,
): Payload {
  return {
    transactionId: transaction.id,
    evseId: transaction.evseId,
    connectorId: transaction.connectorId,
    token: { uid: token.uid, type: token.idToken.type },
    status: "closed",
    stopReason,
    meterStartWh: 1_000,
    meterStopWh: wh,
    energyWh: wh - 1_000,
    flags: [],
  };
}
