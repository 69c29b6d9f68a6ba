import type { ReportRule } from "#actors/ports/item_store.ts";

/** Longer data is cut: the message itself is in the journal. */
const DATA_LENGTH_MAX = 8_000;

const keepTransfer: ReportRule = async ({ payload, at }, store) => {
  const { vendorId, messageId = null, data = null } = payload;
  const isLong = JSON.stringify(data).length > DATA_LENGTH_MAX;
  const kept = isLong
    ? { data: JSON.stringify(data).slice(0, DATA_LENGTH_MAX), isCut: true }
    : { data };
  await store.addEvents([{ kind: "data-transfer", at, body: { vendorId, messageId, ...kept } }]);
};

export const dataTransferReports: Readonly<Record<string, ReportRule>> = {
  DataTransfer: keepTransfer,
};
