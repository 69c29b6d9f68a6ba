/**
 * Parts that several OCPP 1.6 messages share, translated to and from the inner language. Connector
 * n is EVSE n, connector 1; connector 0 is the station.
 */
import type {
  IdToken,
  IdTokenInfo,
  Readings,
  Sample,
  SignedReading,
} from "#schemas/events/station.ts";
import { formatInstant, parseInstant } from "#schemas/instant.ts";
import { normalise, unitDefault } from "#schemas/quantity.ts";

/** MeterValue of the official schema. */
export interface MeterValue16 {
  readonly timestamp: string;
  readonly sampledValue: readonly SampledValue16[];
}
export interface SampledValue16 {
  readonly value: string;
  readonly context?: string;
  readonly format?: string;
  readonly measurand?: string;
  readonly phase?: string;
  readonly location?: string;
  readonly unit?: string;
}

/** The EVSE and connector that a 1.6 connector number means. */
export function connectorOf(connectorId: number): { evseId: number; connectorId: number } {
  return connectorId === 0
    ? { evseId: 0, connectorId: 0 }
    : { evseId: connectorId, connectorId: 1 };
}

export function idTokenOf(idTag: string): IdToken {
  return { uid: idTag, type: null };
}

/**
 * Values with the standard's defaults and in our units; unreadable ones are left out and counted.
 */
export function readingsOf(meterValues: readonly MeterValue16[], now: number): Required<Readings> {
  const samples: Sample[] = [];
  const signedReadings: SignedReading[] = [];
  let unreadable = 0;
  for (const { timestamp, sampledValue } of meterValues) {
    const at = parseInstant(timestamp) ?? now;
    for (const sampled of sampledValue) {
      if (sampled.format === "SignedData") {
        signedReadings.push(signedReadingOf(sampled, at));
        continue;
      }
      const value = parseDecimal(sampled.value);
      if (value === null) unreadable++;
      else samples.push(sampleOf(sampled, at, value));
    }
  }
  return { samples, signedReadings, unreadable };
}

const measurandDefault = "Energy.Active.Import.Register";
const contextDefault = "Sample.Periodic";

function sampleOf(sampled: SampledValue16, at: number, value: number): Sample {
  const measurand = sampled.measurand ?? measurandDefault;
  return {
    at,
    measurand,
    phase: sampled.phase ?? null,
    context: sampled.context ?? contextDefault,
    location: sampled.location ?? "Outlet",
    ...normalise(value, sampled.unit ?? unitDefault(measurand)),
    signed: null,
  };
}

function signedReadingOf(sampled: SampledValue16, at: number): SignedReading {
  return {
    at,
    measurand: sampled.measurand ?? measurandDefault,
    context: sampled.context ?? contextDefault,
    signed: sampled.value,
  };
}

/** A decimal of the wire, or null; `Number()` alone would take "" for 0 and "0x10" for 16. */
function parseDecimal(text: string): number | null {
  if (!/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/** The readings as an event carries them: empty lists and a zero are left out. */
export function onlyPresent(readings: Required<Readings>): Readings {
  return {
    samples: readings.samples,
    ...(readings.signedReadings.length > 0 ? { signedReadings: readings.signedReadings } : {}),
    ...(readings.unreadable > 0 ? { unreadable: readings.unreadable } : {}),
  };
}

/**
 * 1.6 has five statuses: what says "not known" is Invalid, what says "not here, not now" Blocked.
 */
const statuses: ReadonlyMap<string, string> = new Map(Object.entries({
  Accepted: "Accepted",
  Blocked: "Blocked",
  Expired: "Expired",
  Invalid: "Invalid",
  ConcurrentTx: "ConcurrentTx",
  Unknown: "Invalid",
  NoCredit: "Blocked",
  NotAllowedTypeEVSE: "Blocked",
  NotAtThisLocation: "Blocked",
  NotAtThisTime: "Blocked",
}));

/** The longest identifier of 1.6 (IdToken is CiString20). */
export const idTagLengthMax = 20;

/**
 * IdTagInfo; nothing known about a token means Invalid. A group that 1.6 cannot hold is left out.
 */
export function idTagInfoOf(info: IdTokenInfo | null): Readonly<Record<string, unknown>> {
  if (info === null) return { status: "Invalid" };
  const status = statuses.get(info.status) ?? "Invalid";
  const expiresAt = parseInstant(info.expiresAt);
  return {
    // Only what a station may keep has a use for the time until which it may.
    ...(status === "Accepted" && expiresAt !== null
      ? { expiryDate: formatInstant(expiresAt) }
      : {}),
    ...(info.groupId !== null && info.groupId.length <= idTagLengthMax
      ? { parentIdTag: info.groupId }
      : {}),
    status,
  };
}
