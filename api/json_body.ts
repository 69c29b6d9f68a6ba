import { PlatformError } from "#schemas/errors.ts";

/** Deeper than any OCPP payload; keeps every later walk of it shallow. */
const DEPTH_MAX = 64;

/**
 * Parses JSON that may go on to stations and into the database.
 *
 * @throws {PlatformError} "malformed" for what is no JSON, and for JSON that Postgres refuses:
 * U+0000, unpaired surrogates, numbers outside float8.
 */
export function parseJson(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PlatformError("malformed", `Cannot read ${what}: it is not JSON`, { cause });
  }
  refuseUnstorable(value, { what, pointer: "", depth: 0 });
  return value;
}

interface Place {
  readonly what: string;
  readonly pointer: string;
  readonly depth: number;
}

function refuseUnstorable(value: unknown, place: Place): void {
  if (typeof value === "string") return refuseText(value, place);
  if (typeof value === "number" && !Number.isFinite(value)) refuse(place, "is too large a number");
  if (typeof value !== "object" || value === null) return;
  if (place.depth >= DEPTH_MAX) refuse(place, "is nested too deeply");
  for (const [name, member] of Object.entries(value)) {
    refuseText(name, place);
    const pointer = `${place.pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    refuseUnstorable(member, { what: place.what, pointer, depth: place.depth + 1 });
  }
}

function refuseText(text: string, place: Place): void {
  if (text.includes("\0")) refuse(place, "contains U+0000");
  if (!text.isWellFormed()) refuse(place, "contains an unpaired surrogate");
}

function refuse({ what, pointer }: Place, detail: string): never {
  // The pointer may itself hold what is refused.
  const clean = pointer.toWellFormed().replaceAll("\0", "\uFFFD");
  throw new PlatformError(
    "malformed",
    `Cannot read ${what}: ${clean === "" ? "it" : clean} ${detail}`,
    {
      fields: [{ pointer: clean, detail }],
    },
  );
}
