/** What a station has kept of a customer, in parts (OCPP 2.0.1 Part 2, N09). */
import type { ReportRule } from "#actors/ports/item_store.ts";
import { formatInstant } from "#schemas/instant.ts";
import { collectPart } from "./report_parts.ts";

/** A report is text for people: more of it is no one's need. */
const TEXT_LENGTH_MAX = 100_000;

const collectReport: ReportRule = async (message, store) => {
  const { data, tbc, seqNo, generatedAt, requestId } = message.payload;
  if (typeof requestId !== "number" || typeof seqNo !== "number") {
    throw new TypeError("Cannot take customer information: it has no requestId or no seqNo");
  }
  const contents = await collectPart(message, store, {
    family: "customer",
    requestId,
    seqNo,
    tbc: tbc === true,
    content: { data: typeof data === "string" ? data : "" },
  });
  if (contents === undefined) return;
  const text = contents.map((content) => String(content["data"] ?? "")).join("");
  const body = {
    requestId,
    data: text.slice(0, TEXT_LENGTH_MAX),
    generatedAt: typeof generatedAt === "string" ? generatedAt : null,
    receivedAt: formatInstant(message.at),
  };
  await store.put([{ block: "customer-information", key: String(requestId), body }]);
};

export const customerInformationReports: Readonly<Record<string, ReportRule>> = {
  NotifyCustomerInformation: collectReport,
};
