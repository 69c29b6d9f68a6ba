/**
 * Signed webhooks: facts (`DurableFacts`, consumer "webhooks") → `FactIntake` → deliveries in lanes
 * (Postgres) → `WebhookSender` → the receiver. A fact is acknowledged when its deliveries are
 * stored, a delivery is over when its receiver said 2xx: at least once, in order per station.
 */
import type { DurableFacts, FactHistory } from "#engine/ports/durable_facts.ts";
import type { Random } from "#engine/ports/random.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import type { Tenants } from "../ports/rows.ts";
import { FactIntake } from "./fact_intake.ts";
import { type PostParts } from "./post_event.ts";
import { ReplayRunner } from "./replays.ts";
import { WebhookSender } from "./sender.ts";
import { WebhookUpkeep } from "./upkeep.ts";

const CONSUMER = "webhooks";
export const DISABLE_AFTER_DAYS = 3;

export interface WebhookParts extends PostParts {
  readonly tenants: Tenants;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly facts: DurableFacts;
  readonly disableAfterDays?: number;
}

/** What routes need of it. */
export interface WebhookDoor extends PostParts {
  readonly history: FactHistory;
  /** Something may be due at once: a retry, a replay, a webhook that was enabled. */
  hint(): void;
}

export interface StartedWebhooks {
  /** Resolves once every later fact will be told. */
  readonly started: Promise<void>;
  readonly upkeep: WebhookUpkeep;
  hint(): void;
  close(): Promise<void>;
}

export function startWebhooks(parts: WebhookParts): StartedWebhooks {
  const { tenants, clock, telemetry, facts } = parts;
  const hinted = { send: (): void => {} };
  const onNews = (): void => hinted.send();
  const intake = new FactIntake({ tenants, clock, telemetry, onNews });
  // From the beginning: a consumer that was lost finds what was delivered by its event ids.
  const consumption = facts.consume(
    { name: CONSUMER, startAfter: { afterSequence: 0 } },
    (fact) => intake.take(fact),
  );
  const sender = new WebhookSender({
    ...parts,
    disableAfterDays: parts.disableAfterDays ?? DISABLE_AFTER_DAYS,
    floor: () => consumption.floor(),
  });
  hinted.send = () => sender.hint();
  const replays = new ReplayRunner({ tenants, clock, telemetry, history: facts, onNews });
  const upkeep = new WebhookUpkeep({ tenants, clock, telemetry });
  return {
    started: consumption.started,
    upkeep,
    hint: () => {
      sender.hint();
      replays.hint();
    },
    close: async () => {
      await Promise.all([consumption.close(), replays.stop(), upkeep.stop()]);
      await sender.stop();
    },
  };
}
