import type { Payload } from "./recording.ts";
import type { ScriptedStation } from "./scripted_station.ts";

export interface StartAnswer {
  readonly transactionId: number;
  readonly idTagInfo: {
    readonly status: string;
    readonly parentIdTag?: string;
    readonly expiryDate?: string;
  };
}

export interface StopAnswer {
  readonly idTagInfo?: { readonly status: string; readonly parentIdTag?: string };
}

export interface StartWords {
  readonly connectorId?: number;
  readonly idTag: string;
  readonly meterStart?: number;
  readonly at?: Date;
  readonly reservationId?: number;
}

export interface StopWords {
  readonly transactionId: number;
  readonly meterStop: number;
  readonly reason?: string;
  readonly idTag?: string;
  readonly at?: Date;
}

export function startTransaction(
  station: ScriptedStation,
  words: StartWords,
): Promise<StartAnswer> {
  const { connectorId = 1, idTag, meterStart = 1_000, at = new Date(), reservationId } = words;
  return station.call("StartTransaction", {
    connectorId,
    idTag,
    meterStart,
    timestamp: at.toISOString(),
    ...(reservationId === undefined ? {} : { reservationId }),
  });
}

export function stopTransaction(station: ScriptedStation, words: StopWords): Promise<StopAnswer> {
  const { transactionId, meterStop, reason, idTag, at = new Date() } = words;
  return station.call("StopTransaction", {
    transactionId,
    meterStop,
    timestamp: at.toISOString(),
    ...(reason === undefined ? {} : { reason }),
    ...(idTag === undefined ? {} : { idTag }),
  });
}

/** Register in Wh; texts, as 1.6 has its values. */
export function meterValues(
  station: ScriptedStation,
  connectorId: number,
  wh: number,
  transactionId?: number,
): Promise<Payload> {
  return station.call("MeterValues", {
    connectorId,
    ...(transactionId === undefined ? {} : { transactionId }),
    meterValue: [{
      timestamp: new Date().toISOString(),
      sampledValue: [{
        value: String(wh),
        context: "Sample.Periodic",
        measurand: "Energy.Active.Import.Register",
        unit: "Wh",
      }],
    }],
  });
}
