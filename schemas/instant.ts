/** Instants of the wire: RFC 3339 text and milliseconds since the epoch. */

// Tolerates what stations send: offsets with or without colon, a missing fraction or one of any
// length, a blank for the T, and a missing zone, which is UTC (OCPP 1.6J, 3.14: the standard
// strongly recommends UTC).
const day = /(\d{4})-(\d\d)-(\d\d)/.source;
const time = /(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?/.source;
const zone = /(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?/.source;
const dateTimeForm = new RegExp(`^${day}[Tt ]${time}${zone}$`);

// The form that the standard advises and nearly all send, on days that every month has: a tenth of
// the cost.
const plainForm =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d{3})?Z$/;

/**
 * Milliseconds since the epoch, or null when the text is no date and time. Digits beyond three are
 * cut.
 */
export function parseInstant(text: unknown): number | null {
  if (typeof text !== "string") return null;
  if (plainForm.test(text)) return Date.parse(text);
  const match = dateTimeForm.exec(text.trim());
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) =>
    Number(part ?? 0)
  );
  if (!isCalendarDay(year ?? 0, month ?? 0, day ?? 0) || (hour ?? 0) > 23 || (minute ?? 0) > 59) {
    return null;
  }
  if ((second ?? 0) > 60) return null;
  const fraction = Number((match[7] ?? "").slice(0, 3).padEnd(3, "0"));
  const moment = new Date(0);
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  moment.setUTCFullYear(year ?? 0, (month ?? 1) - 1, day ?? 1);
  // A leap second (RFC 3339, 5.7) becomes the last millisecond before the next minute.
  const isLeap = second === 60;
  moment.setUTCHours(hour ?? 0, minute ?? 0, isLeap ? 59 : second ?? 0, isLeap ? 999 : fraction);
  return moment.getTime() - offsetMs(match);
}

/** RFC 3339 in UTC with three decimals, the form in which everything leaves the platform. */
export function formatInstant(instant: number): string {
  return new Date(instant).toISOString();
}

function offsetMs(match: RegExpExecArray): number {
  if (match[9] === undefined) return 0;
  const minutes = Number(match[10]) * 60 + Number(match[11] ?? 0);
  return (match[9] === "-" ? -minutes : minutes) * 60_000;
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const lengths = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= (lengths[month - 1] ?? 0);
}
