/** What energy costs at one price per kilowatt-hour: exact, and rounded once. */
import type { EnergyPrice, Money } from "#schemas/rest/energy_price.ts";

/** The price that a session began with: a later one is for later sessions. */
export interface LockedPrice extends EnergyPrice {
  /** The station is told what it costs so far. */
  readonly isShown: boolean;
}

/** Digits behind the point where it is not two (ISO 4217, minor units). */
const minorDigits: ReadonlyMap<string, number> = new Map([
  ...[
    ...["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"],
    ...["VND", "VUV", "XAF", "XOF", "XPF"],
  ].map((currency) => [currency, 0] as const),
  ...["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
    .map((currency) => [currency, 3] as const),
  ...["CLF", "UYW"].map((currency) => [currency, 4] as const),
]);

const WH_PER_KWH = 1_000n;

/** Half a unit is rounded up. Energy is whole watt-hours, and none is below zero. */
export function energyCost({ perKwh, currency }: EnergyPrice, energyWh: number): Money {
  const [whole = "0", fraction = ""] = perKwh.split(".");
  const digits = minorDigits.get(currency) ?? 2;
  const units = BigInt(whole + fraction) * BigInt(Math.max(0, Math.round(energyWh)));
  const scale = WH_PER_KWH * 10n ** BigInt(fraction.length);
  const minor = (2n * units * 10n ** BigInt(digits) + scale) / (2n * scale);
  return { amount: decimal(minor, digits), currency };
}

/** Of two costs that are both rounded: what `totalCost` of OCPP carries. */
export function amountNumber({ amount }: Money): number {
  return Number(amount);
}

/** Whether the amount is what the driver pays: taxes of a net price are not known here. */
export function isWhole({ taxIncluded, perKwh }: EnergyPrice): boolean {
  return taxIncluded !== false || /^[0.]+$/.test(perKwh);
}

function decimal(minor: bigint, digits: number): string {
  if (digits === 0) return String(minor);
  const text = String(minor).padStart(digits + 1, "0");
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
