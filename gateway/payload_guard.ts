/**
 * What is valid JSON and still must not reach an actor: characters and numbers that Postgres
 * refuses (one such frame would fail a whole group commit), and nesting that no message has.
 */

/** The deepest OCPP message nests 8 levels; customData may add some. */
export const DEPTH_MAX = 32;

/** A NUL or a surrogate, escaped. Raw ones cannot be: JSON forbids the one, UTF-8 the other. */
const suspiciousEscape = /\\u(?:0000|[dD][89a-fA-F])/;

/** Exponents of three digits, or more digits than float8 has decades: maybe outside float8. */
const suspiciousNumber = /[eE][+-]?\d{3}|\d{300}/;

/**
 * Says what is wrong with a JSON text whose parsed form is `value`, or undefined. Costs two native
 * scans for ordinary payloads.
 */
export function refusalOf(text: string, value: unknown): string | undefined {
  if (hasManyOpeners(text) && depthOf(text) > DEPTH_MAX) {
    return `nested deeper than ${DEPTH_MAX} levels`;
  }
  if (text.includes("\\u") && suspiciousEscape.test(text) && hasBadText(value)) {
    return "a text holds U+0000 or half of a surrogate pair";
  }
  if (suspiciousNumber.test(text) && hasBadNumber(text)) {
    return "a number is outside the range of float8";
  }
  return undefined;
}

/** Whether a text can be stored: no U+0000, no unpaired surrogate. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** Makes any text storable, for logs. */
export function storable(text: string, lengthMax: number): string {
  return text.slice(0, lengthMax).toWellFormed().replaceAll("\0", "\uFFFD");
}

function hasManyOpeners(text: string): boolean {
  let openers = 0;
  for (const opener of ["{", "["]) {
    for (let at = text.indexOf(opener); at !== -1; at = text.indexOf(opener, at + 1)) {
      if (++openers > DEPTH_MAX) return true;
    }
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInText = false;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === QUOTE) isInText = !isInText;
    else if (unit === BACKSLASH) index++;
    else if (isInText) continue;
    else if (unit === 0x7b || unit === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (unit === 0x7d || unit === 0x5d) depth--;
  }
  return deepest;
}

/** The depth has been checked before, so this may recurse. */
function hasBadText(value: unknown): boolean {
  if (typeof value === "string") return !isStorable(value);
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasBadText);
  return Object.entries(value).some(([name, part]) => !isStorable(name) || hasBadText(part));
}

const numberToken = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Overflow reads as infinity; underflow as zero although a digit is not. */
function hasBadNumber(text: string): boolean {
  for (const [token] of text.matchAll(numberToken)) {
    if (token.startsWith('"')) continue;
    const number = Number(token);
    if (!Number.isFinite(number)) return true;
    if (number === 0 && /[1-9]/.test(token.replace(/[eE].*$/, ""))) return true;
  }
  return false;
}
