/** What stations say is on their display (OCPP 2.0.1 Part 2, O03, O04). */
import type { ItemStore, ReportedMessage, ReportRule } from "#actors/ports/item_store.ts";
import { isObject } from "#schemas/command.ts";
import { formatInstant } from "#schemas/instant.ts";
import { collectPart } from "./report_parts.ts";

/** A display that holds more is none; the rest of such a report is left out. */
const REPORTED_MAX = 500;

type Body = Readonly<Record<string, unknown>>;

/** Which messages the report is about; null = any. */
interface Asked {
  readonly ids: readonly unknown[] | null;
  readonly priority: unknown;
  readonly state: unknown;
}

export const displayMessagesReports: Readonly<Record<string, ReportRule>> = {
  NotifyDisplayMessages: async (message, store) => {
    const { requestId, tbc, messageInfo } = message.payload;
    if (typeof requestId !== "number") return;
    const parts = await collectPart(message, store, {
      family: "display-messages",
      requestId,
      seqNo: null,
      tbc: tbc === true,
      content: { messageInfo: Array.isArray(messageInfo) ? messageInfo : [] },
    });
    if (parts === undefined) return;
    const reported = parts.flatMap(({ messageInfo: infos }) => Array.isArray(infos) ? infos : [])
      .filter(isMessage).slice(0, REPORTED_MAX);
    await replace(message, store, { requestId, reported });
  },
};

/** The report takes the place of what it was asked about; of the rest nothing is said. */
async function replace(
  message: ReportedMessage,
  store: ItemStore,
  { requestId, reported }: { readonly requestId: number; readonly reported: readonly Body[] },
): Promise<void> {
  const asked = await askedBy(store, requestId);
  const keys = new Set(reported.map(({ id }) => String(id)));
  const before = asked === undefined ? [] : await store.read("reported-message");
  const gone = before.filter(({ key, body }) =>
    !keys.has(key) && asked !== undefined && isAskedAbout(asked, body["info"])
  );
  await store.drop("reported-message", gone.map(({ key }) => key));
  const at = formatInstant(message.at);
  await store.put(
    reported.map((info) => ({
      block: "reported-message",
      key: String(info["id"]),
      body: { info, at, requestId },
    })),
  );
}

/** The question, where it is the last one that we know of. */
async function askedBy(store: ItemStore, requestId: number): Promise<Asked | undefined> {
  const [item] = await store.read("display-message", "asked");
  if (item === undefined || item.body["requestId"] !== requestId) return undefined;
  const { ids, priority, state } = item.body;
  return { ids: Array.isArray(ids) ? ids : null, priority, state };
}

function isAskedAbout({ ids, priority, state }: Asked, info: unknown): boolean {
  if (!isObject(info)) return true;
  return (ids === null || ids.includes(info["id"])) &&
    (priority === null || priority === info["priority"]) &&
    (state === null || state === info["state"]);
}

function isMessage(info: unknown): info is Body {
  return isObject(info) && typeof info["id"] === "number";
}
