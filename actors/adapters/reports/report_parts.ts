/** Reports that come in several messages: kept until they are whole (OCPP 2.0.1 Part 2, B07, …). */
import type { ItemStore, ReportedMessage } from "#actors/ports/item_store.ts";

/** Parts of a report that takes longer are of one that was given up. */
const PARTS_KEPT_MS = 15 * 60_000;

/** What a station may have us keep of unfinished reports of one kind. */
export const PARTS_MAX = 2_000;
export const PARTS_BYTES_MAX = 8_000_000;
/** Counting takes as long as all the rest: it is done at one row of the journal in so many. */
const COUNTED_EVERY = 32;
/** Of the part that says that it is the last one. */
const LAST = "last";

export interface ReportPart {
  /** The same for all messages of one kind of report. */
  readonly family: string;
  readonly requestId: number;
  /** From 0; null for messages that are not numbered: they come in order. */
  readonly seqNo: number | null;
  /** Another part is to come. */
  readonly tbc: boolean;
  readonly content: Readonly<Record<string, unknown>>;
}

/**
 * Takes one part. Gives the contents of all parts in their order once none is missing, and
 * undefined before; a part that comes again replaces itself.
 */
export async function collectPart(
  message: ReportedMessage,
  store: ItemStore,
  { family, requestId, seqNo, tbc, content }: ReportPart,
): Promise<readonly Readonly<Record<string, unknown>>[] | undefined> {
  const prefix = `${family}/${requestId}/`;
  const ordinal = seqNo ?? message.seq;
  const body = { ordinal, tbc, content, at: message.at };
  // What is missing shows when the last part is here: until then nothing has to be read.
  const isReadable = !tbc || (await store.find("report-part", [`${prefix}${LAST}`])).length > 0;
  const read = isReadable ? await store.read("report-part", prefix) : [];
  const kept = read.map((item) => item.body as typeof body)
    .filter(({ at }) => at >= message.at - PARTS_KEPT_MS);
  const parts = [...kept.filter((part) => part.ordinal !== ordinal), body]
    .sort((one, other) => one.ordinal - other.ordinal);
  const last = parts.findIndex((part) => !part.tbc);
  const isWhole = last >= 0 &&
    (seqNo === null || parts.slice(0, last + 1).every((part, index) => part.ordinal === index));
  if (!isWhole) {
    const key = `${prefix}${tbc ? String(ordinal).padStart(12, "0") : LAST}`;
    if (message.seq % COUNTED_EVERY === 0) await makeRoom(store, family, prefix);
    await store.put([{ block: "report-part", key, body }]);
    return undefined;
  }
  await store.remove("report-part", prefix);
  return parts.slice(0, last + 1).map((part) => part.content);
}

/** Reports that nobody finishes give way; at last this one does, which never comes to an end. */
async function makeRoom(store: ItemStore, family: string, prefix: string): Promise<void> {
  const { count, bytes } = await store.size("report-part", `${family}/`);
  if (count < PARTS_MAX && bytes < PARTS_BYTES_MAX) return;
  const parts = await store.read("report-part", `${family}/`);
  const others = parts.map(({ key }) => key).filter((key) => !key.startsWith(prefix));
  if (others.length > 0) await store.drop("report-part", others);
  else await store.remove("report-part", prefix);
}

/** Forgets parts of reports of this family that were given up. */
export async function dropOldParts(
  { at }: ReportedMessage,
  store: ItemStore,
  family: string,
): Promise<void> {
  const parts = await store.read("report-part", `${family}/`);
  const old = parts.filter(({ body }) => Number(body["at"]) < at - PARTS_KEPT_MS);
  if (old.length > 0) await store.drop("report-part", old.map(({ key }) => key));
}
