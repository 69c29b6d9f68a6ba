import { isDurable, lostMessages, trueEnergyWh, wrongSessions } from "../crash/crash_checks.ts";
import type { CrashFleet } from "../crash/crash_fleet.ts";
import { wrongFacts, wronglyOwned } from "./cluster_checks.ts";
import type { ChaosStage } from "./stage.ts";

const FINDINGS_SHOWN = 10;

export interface Judgement {
  /** What was counted, in one line. */
  readonly summary: string;
  /** What is wrong; none = everything that chargers were told is known, once and exactly. */
  readonly failures: readonly string[];
}

/**
 * Compares what the platform knows with what the chargers did and were told. All sessions have
 * ended, all queues are empty.
 */
export async function judge(
  stage: ChaosStage,
  fleet: CrashFleet,
  say: (text: string) => void,
): Promise<Judgement> {
  const durable = fleet.acknowledged.filter(isDurable);
  const lost = await lostMessages(stage.postgres.url(), fleet.acknowledged);
  const wrong = await wrongSessions(stage.rest, fleet.chargers);
  const facts = await wrongFacts(stage);
  const owned = await wronglyOwned(stage);
  const dropped = fleet.chargers.reduce((sum, charger) => sum + charger.droppedMessages, 0);
  const transactions = fleet.chargers.flatMap((charger) => charger.transactions);
  for (const findings of [lost, wrong, facts.findings, owned]) {
    findings.slice(0, FINDINGS_SHOWN).forEach((finding) => say(`  ${finding}`));
  }
  const summary = `${lost.length} of ${durable.length} answered messages lost, ` +
    `${transactions.length} sessions with ${trueEnergyWh(fleet.chargers)} Wh by the meters ` +
    `(${wrong.length} findings), ${facts.count} facts (${facts.findings.length} findings)`;
  const failures = [
    ...(lost.length > 0 ? [`${lost.length} answered messages are lost`] : []),
    ...(wrong.length > 0 ? [`${wrong.length} findings about sessions`] : []),
    ...(facts.findings.length > 0 ? [`${facts.findings.length} findings about facts`] : []),
    ...(owned.length > 0 ? [`${owned.length} findings about owners of shards`] : []),
    ...(dropped > 0 ? [`${dropped} messages were refused for good`] : []),
  ];
  return { summary, failures };
}
