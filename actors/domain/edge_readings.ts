import type { Sample, TransactionEvent } from "#schemas/events/station.ts";

type Edge = Pick<TransactionEvent, "type" | "family" | "samples">;

const contexts: Readonly<Record<string, string>> = {
  "TransactionEvent.Started": "Transaction.Begin",
  "TransactionEvent.Ended": "Transaction.End",
};

/**
 * The samples of a transaction's first or last message. Many 2.x stations leave the context at its
 * default there: what comes with the end is the final reading all the same (rule M4).
 */
export function edgeReadings({ type, family, samples }: Edge): readonly Sample[] {
  const context = contexts[type];
  const isSaid = samples.some((sample) => sample.context.startsWith("Transaction."));
  if (family === "1.6" || context === undefined || isSaid) return samples;
  const instants = samples.filter(isPlain).map(({ at }) => at);
  const edge = context === "Transaction.End" ? Math.max(...instants) : Math.min(...instants);
  return samples.map((sample) =>
    isPlain(sample) && sample.at === edge ? { ...sample, context } : sample
  );
}

function isPlain({ context }: Sample): boolean {
  return context === "Sample.Periodic";
}
