/** Numbers and instants as people read them. Pure: the time zone and the current time are given. */

import type { Money } from "#schemas/rest/energy_price.ts";

const digits = (fraction: number): Intl.NumberFormat =>
  new Intl.NumberFormat("en-GB", {
    minimumFractionDigits: fraction,
    maximumFractionDigits: fraction,
  });
const whole = digits(0);
const tenths = digits(1);
const hundredths = digits(2);

export const nothing = "–";

export function formatCount(count: number | undefined): string {
  return count === undefined ? nothing : whole.format(count);
}

/** `740 W`, `7.4 kW`, `1.25 MW`. */
export function formatPower(watts: number | null | undefined): string {
  if (watts === null || watts === undefined) return nothing;
  const size = Math.abs(watts);
  if (size < 999.5) return `${whole.format(watts)} W`;
  if (size < 999_950) return `${tenths.format(watts / 1_000)} kW`;
  return `${hundredths.format(watts / 1_000_000)} MW`;
}

/** `820 Wh`, `12.45 kWh`, `1.20 MWh`. */
export function formatEnergy(wattHours: number | null | undefined): string {
  if (wattHours === null || wattHours === undefined) return nothing;
  const size = Math.abs(wattHours);
  if (size < 999.5) return `${whole.format(wattHours)} Wh`;
  if (size < 999_995) return `${hundredths.format(wattHours / 1_000)} kWh`;
  return `${hundredths.format(wattHours / 1_000_000)} MWh`;
}

/** `€1.50`, `CHF 0.30`; the amount is decimal text and stays as exact as it is. */
export function formatMoney({ amount, currency }: Money): string {
  const style = { style: "currency", currency, currencyDisplay: "narrowSymbol" } as const;
  return new Intl.NumberFormat("en-GB", style).format(Number(amount));
}

export function formatPercent(percent: number | null | undefined): string {
  return percent === null || percent === undefined ? nothing : `${whole.format(percent)} %`;
}

/** `45 s`, `12 min`, `3 h 05 min`, `2 d 4 h`; the two largest units that matter. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `just now`, `12 min ago`, `in 3 min`. */
export function formatAgo(at: number, now: number): string {
  const difference = now - at;
  if (Math.abs(difference) < 5_000) return "just now";
  return difference > 0 ? `${formatDuration(difference)} ago` : `in ${formatDuration(-difference)}`;
}

function parts(at: number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat("en-GB", options).format(at);
}

/** `17:04:09` today, else `21 Nov, 17:04`, with the year when it is another. */
export function formatInstant(at: number, now: number, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = { year: "numeric", month: "short", day: "numeric", ...zone } as const;
  const time = { hour: "2-digit", minute: "2-digit", hour12: false, ...zone } as const;
  if (parts(at, day) === parts(now, day)) return parts(at, { ...time, second: "2-digit" });
  const sameYear =
    parts(at, { year: "numeric", ...zone }) === parts(now, { year: "numeric", ...zone });
  return `${parts(at, sameYear ? { month: "short", day: "numeric", ...zone } : day)}, ${
    parts(at, time)
  }`;
}

/** The whole instant with its zone, for a tooltip: `22 November 2026, 17:04:09 CET (16:04:09 UTC)`. */
export function formatExact(at: number, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const local = parts(at, {
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hour12: false,
    timeZoneName: "short",
    ...zone,
  });
  return `${local.replace(" at ", ", ")} (${new Date(at).toISOString().slice(11, 19)} UTC)`;
}

/** Milliseconds of an RFC 3339 instant; null stays null, and so does nonsense. */
export function parseInstant(text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}
