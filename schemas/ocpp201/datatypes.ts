/** Parts that several OCPP 2.x messages share, translated to and from the inner language. */
import type { IdToken, IdTokenInfo, Readings, Sample } from "#schemas/events/station.ts";
import { formatInstant, parseInstant } from "#schemas/instant.ts";
import { normalise, unitDefault } from "#schemas/quantity.ts";

/** Types of the official schema, as far as they are read. */
export interface IdToken2 {
  readonly idToken: string;
  readonly type: string;
}
export interface Evse2 {
  readonly id: number;
  readonly connectorId?: number;
}
export interface MeterValue2 {
  readonly timestamp: string;
  readonly sampledValue: readonly SampledValue2[];
}
export interface SampledValue2 {
  readonly value: number;
  readonly context?: string;
  readonly measurand?: string;
  readonly phase?: string;
  readonly location?: string;
  readonly signedMeterValue?: unknown;
  readonly unitOfMeasure?: { readonly unit?: string; readonly multiplier?: number };
}

export function idTokenOf(idToken: IdToken2): IdToken {
  return { uid: idToken.idToken, type: idToken.type };
}

/**
 * Values with the standard's defaults and in our units; a value beyond float8 is left out and
 * counted.
 */
export function readingsOf(meterValues: readonly MeterValue2[], now: number): Readings {
  const samples: Sample[] = [];
  let unreadable = 0;
  for (const { timestamp, sampledValue } of meterValues) {
    const at = parseInstant(timestamp) ?? now;
    for (const sampled of sampledValue) {
      const sample = sampleOf(sampled, at);
      if (Number.isFinite(sample.value)) samples.push(sample);
      else unreadable++;
    }
  }
  return { samples, ...(unreadable > 0 ? { unreadable } : {}) };
}

function sampleOf(sampled: SampledValue2, at: number): Sample {
  const measurand = sampled.measurand ?? "Energy.Active.Import.Register";
  const { unit = unitDefault(measurand), multiplier = 0 } = sampled.unitOfMeasure ?? {};
  return {
    at,
    measurand,
    phase: sampled.phase ?? null,
    context: sampled.context ?? "Sample.Periodic",
    location: sampled.location ?? "Outlet",
    ...normalise(sampled.value, unit, multiplier),
    signed: sampled.signedMeterValue === undefined
      ? null
      : JSON.stringify(sampled.signedMeterValue),
  };
}

/** AuthorizationStatusEnum. What is not in it is refused as Invalid. */
const statuses: ReadonlySet<string> = new Set([
  "Accepted",
  "Blocked",
  "ConcurrentTx",
  "Expired",
  "Invalid",
  "NoCredit",
  "NotAllowedTypeEVSE",
  "NotAtThisLocation",
  "NotAtThisTime",
  "Unknown",
]);

/** The longest identifier that 2.0.1 takes (identifierString 36); 2.1 would take 255. */
export const idTokenLengthMax = 36;

/** IdTokenInfo; a group that does not fit is left out. */
export function idTokenInfoOf(info: IdTokenInfo): Readonly<Record<string, unknown>> {
  const status = statuses.has(info.status) ? info.status : "Invalid";
  const expiresAt = parseInstant(info.expiresAt);
  return {
    status,
    // Only what a station may keep has a use for the time until which it may.
    ...(status === "Accepted" && expiresAt !== null
      ? { cacheExpiryDateTime: formatInstant(expiresAt) }
      : {}),
    // Groups are made here, not printed on a card: type Central is the one for that.
    ...(info.groupId !== null && info.groupId.length <= idTokenLengthMax
      ? { groupIdToken: { idToken: info.groupId, type: "Central" } }
      : {}),
  };
}
