import type { Reconciled } from "./restored_state.ts";

/** What was reconciled, as the operator reads it; the last line is the verdict. */
export function reconciledLines(done: Reconciled): readonly string[] {
  const { lostFacts, lostFactsCount, openSessions, cursorsPutBack } = done;
  return [
    `epochs of ${done.shards} shards jump from ${done.epochBefore} at most to ${done.epochAfter}`,
    ...cursorsPutBack.map(({ name, shard, from, to }) =>
      `cursor ${name} of shard ${shard} was ahead of what is there: back from ${from} to ${to}`
    ),
    ...lostFacts.map(({ sequence, subject, text }) => `lost: ${sequence} ${subject} ${text}`),
    ...(lostFacts.length < lostFactsCount
      ? [`lost: ${lostFactsCount - lostFacts.length} more facts are not listed`]
      : []),
    ...openSessions.map(({ id, stationId, startedAt }) =>
      `open: session ${id} of ${stationId} since ${startedAt}`
    ),
    `reconciled: ${lostFactsCount} facts were told that the journal no longer knows, ` +
    `${openSessions.length} sessions were open`,
  ];
}
