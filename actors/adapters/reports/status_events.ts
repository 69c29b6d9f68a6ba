import type { ReportRule } from "#actors/ports/item_store.ts";

/** Keeps each report of a status as an event of this kind; its words are those of the station. */
export function statusEvents(kind: string): ReportRule {
  return async ({ action, payload, at }, store) => {
    const { status = null, requestId = null, location } = payload;
    await store.addEvents([{
      kind,
      at,
      body: { action, status, requestId, ...(location === undefined ? {} : { location }) },
    }]);
  };
}
