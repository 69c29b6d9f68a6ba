/**
 * Sends what waits: per webhook some lanes at once, per lane one delivery after the other. A lane
 * is claimed in the database, so that any number of api processes send side by side; the claim of
 * one that was killed runs out.
 */
import { inTime } from "#engine/in_time.ts";
import type { FactFloor } from "#engine/ports/durable_facts.ts";
import type { Random } from "#engine/ports/random.ts";
import type { CounterMetric, Telemetry } from "#engine/telemetry.ts";
import { formatInstant } from "#schemas/instant.ts";
import type { Rows, Tenants } from "../ports/rows.ts";
import { pauseMs, retryMs } from "./backoff.ts";
import {
  type ClaimedLane,
  claimLanes,
  FAILURES_UNTIL_PAUSE,
  type Head,
  headOf,
  type LanePlace,
  noteDelivered,
  noteFailed,
  releaseLane,
  wakeLanes,
} from "./lanes.ts";
import { POST_TIMEOUT_MS, type Posted, postEvent, type PostParts } from "./post_event.ts";
import { tenantsWithWebhooks } from "./webhook_rows.ts";

/** Retries that are due, and what other processes have taken in, is looked for this often. */
const POLL_MS = 1_000;
/** One attempt and the statements around it. */
const CLAIM_MS = POST_TIMEOUT_MS + 30_000;
/** After so many the lane goes back behind the others. */
const LANE_TURN_MAX = 50;
/** Until a fact before it is dealt with: some ms when all is well. */
const GATE_MS = 50;
const EMPTY_MS = 60_000;
const LANES_PER_WEBHOOK_MAX = 8;
/** All together: 64 webhooks that are all slow do not reach it. */
const LANES_MAX = 512;
const DAY_MS = 24 * 60 * 60 * 1_000;

export interface SenderParts extends PostParts {
  readonly tenants: Tenants;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Up to where every fact of the stream has been taken in, by whichever process. */
  readonly floor: () => Promise<FactFloor>;
  /** Days of nothing but failures after which a webhook is disabled. */
  readonly disableAfterDays: number;
}

interface Work extends ClaimedLane, LanePlace {
  readonly tenant: string;
}

export class WebhookSender {
  readonly #parts: SenderParts;
  readonly #claim: string;
  readonly #busy = new Map<string, number>();
  readonly #working = new Set<Promise<void>>();
  readonly #outcomes: CounterMetric;
  #floor: FactFloor = { era: 0, sequence: 0 };
  #asking: Promise<void> | undefined;
  #passing: Promise<void> | undefined;
  #isHinted = false;
  #isStopped = false;
  #cancelPoll = (): void => {};

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#claim = parts.random.uuid();
    this.#outcomes = parts.telemetry.counter(
      "statewatt_webhook_attempts_total",
      "Attempts to deliver: delivered, failed (to be tried again), dead (given up)",
      ["outcome"],
    );
    parts.telemetry.watch(
      "statewatt_webhook_lanes_busy",
      "Lanes of webhooks that this process is sending in",
      () => this.#working.size,
    );
    this.#poll();
  }

  /** There may be something to send. */
  hint(): void {
    if (this.#isStopped) return;
    this.#isHinted = true;
    this.#passing ??= this.#passes().finally(() => this.#passing = undefined);
  }

  /** Takes nothing new and waits for the attempts under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelPoll();
    await this.#passing;
    try {
      await inTime(this.#parts.clock, CLAIM_MS, Promise.all(this.#working));
    } catch (error) {
      this.#parts.telemetry.log("warn", "deliveries were left unfinished", { error });
    }
  }

  #poll(): void {
    this.#cancelPoll = this.#parts.clock.schedule(POLL_MS, () => {
      this.hint();
      this.#poll();
    });
  }

  async #passes(): Promise<void> {
    while (this.#isHinted && !this.#isStopped) {
      this.#isHinted = false;
      try {
        // deno-lint-ignore no-await-in-loop -- one pass at a time.
        await this.#pass();
      } catch (error) {
        this.#parts.telemetry.log("warn", "webhooks cannot be sent now", { error });
      }
    }
  }

  async #pass(): Promise<void> {
    const { tenants, clock } = this.#parts;
    for (const tenant of await tenantsWithWebhooks(tenants)) {
      const now = clock.now();
      const claiming = {
        ...{ tenant, claim: this.#claim, now: formatInstant(now) },
        until: formatInstant(now + CLAIM_MS),
        perWebhookMax: LANES_PER_WEBHOOK_MAX,
        max: Math.max(0, LANES_MAX - this.#working.size),
        busy: this.#busyOf(tenant),
      };
      // deno-lint-ignore no-await-in-loop -- one tenant after the other.
      const lanes = await tenants.run(tenant, (rows) => claimLanes(rows, claiming));
      for (const lane of lanes) this.#begin({ ...lane, tenant, claim: this.#claim });
    }
  }

  #busyOf(tenant: string): ReadonlyMap<string, number> {
    const prefix = `${tenant}/`;
    return new Map(
      [...this.#busy].filter(([key]) => key.startsWith(prefix))
        .map(([key, count]) => [key.slice(prefix.length), count]),
    );
  }

  #begin(work: Work): void {
    const key = `${work.tenant}/${work.webhookId}`;
    this.#busy.set(key, (this.#busy.get(key) ?? 0) + 1);
    const done = this.#lane(work).catch((error) => {
      // Nothing is lost: the claim runs out, and what was not noted is sent again.
      this.#parts.telemetry.log("warn", "a lane of a webhook was left", { error });
    }).finally(() => {
      this.#working.delete(done);
      const left = (this.#busy.get(key) ?? 1) - 1;
      if (left > 0) this.#busy.set(key, left);
      else this.#busy.delete(key);
      this.hint();
    });
    this.#working.add(done);
  }

  async #lane(work: Work): Promise<void> {
    let dueAfterMs: number | undefined = 0;
    for (let sent = 0; sent < LANE_TURN_MAX && !this.#isStopped; sent++) {
      // deno-lint-ignore no-await-in-loop -- a lane is one after the other.
      const { head, isGated } = await this.#next(work);
      if (head === undefined) {
        // Empty though it was due: its webhook has just been disabled, or its count is wrong.
        if (sent === 0) dueAfterMs = EMPTY_MS;
        break;
      }
      // deno-lint-ignore no-await-in-loop -- a lane is one after the other.
      dueAfterMs = isGated ? GATE_MS : await this.#send(work, head);
      if (dueAfterMs !== undefined) break;
    }
    const due = formatInstant(this.#parts.clock.now() + (dueAfterMs ?? 0));
    await this.#run(work, (rows) => releaseLane(rows, work, due));
    if (dueAfterMs === GATE_MS) this.#parts.clock.schedule(GATE_MS, () => this.hint());
  }

  /**
   * Order: a fact of the live stream waits until every one before it was taken in. Another process
   * may still be about to, and it may be of the same station: hence the head is one that was read
   * when the floor was known already, not before.
   */
  async #next(
    work: Work,
  ): Promise<{ readonly head: Head | undefined; readonly isGated: boolean }> {
    const known = this.#floor;
    const first = await this.#run(work, (rows) => headOf(rows, work));
    if (first === undefined || isBelow(first, known)) return { head: first, isGated: false };
    this.#asking ??= this.#askFloor().finally(() => this.#asking = undefined);
    await this.#asking;
    const floor = this.#floor;
    const head = await this.#run(work, (rows) => headOf(rows, work));
    return { head, isGated: head !== undefined && !isBelow(head, floor) };
  }

  async #askFloor(): Promise<void> {
    try {
      this.#floor = await this.#parts.floor();
    } catch (error) {
      this.#parts.telemetry.log("debug", "webhooks wait for NATS", { error });
    }
  }

  /** Resolves with undefined when the lane goes on, else with when it is tried again. */
  async #send(work: Work, head: Head): Promise<number | undefined> {
    const event = { id: head.eventId, type: head.type, body: head.body };
    const posted = await postEvent(this.#parts, work, event);
    return posted.isDelivered
      ? await this.#noteDelivered(work, head, posted)
      : await this.#noteFailed(work, head, posted);
  }

  async #noteDelivered(work: Work, { id }: Head, posted: Posted): Promise<undefined> {
    const at = this.#times();
    const { isBack } = await this.#run(
      work,
      (rows) => noteDelivered(rows, { ...work, id }, posted, at),
    );
    this.#outcomes.with("delivered").add();
    // In a transaction of its own: it touches many lanes.
    if (isBack) await this.#run(work, (rows) => wakeLanes(rows, work.webhookId, at.now));
    return undefined;
  }

  async #noteFailed(work: Work, head: Head, posted: Posted): Promise<number | undefined> {
    const { clock, random, telemetry, disableAfterDays } = this.#parts;
    const isDead = clock.now() >= Date.parse(head.expiresAt);
    const { isDisabled } = await this.#run(
      work,
      (rows) =>
        noteFailed(rows, { ...work, id: head.id }, { ...posted, isDead }, {
          ...this.#times(),
          pausedUntil: (failures) =>
            failures < FAILURES_UNTIL_PAUSE
              ? null
              : formatInstant(clock.now() + pauseMs(failures, random)),
          disableIfSince: formatInstant(clock.now() - disableAfterDays * DAY_MS),
          disabledReason: `Nothing arrived for ${disableAfterDays} days`,
        }),
    );
    this.#outcomes.with(isDead ? "dead" : "failed").add();
    if (isDisabled) {
      const about = { tenant: work.tenant, webhook: work.webhookId, reason: posted.error };
      telemetry.log("warn", "a webhook is disabled: nothing arrives", about);
      return 0;
    }
    return isDead ? undefined : retryMs(head.attempts + 1, random);
  }

  #times(): { readonly now: string; readonly until: string } {
    const now = this.#parts.clock.now();
    return { now: formatInstant(now), until: formatInstant(now + CLAIM_MS) };
  }

  #run<Result>({ tenant }: Work, work: (rows: Rows) => Promise<Result>): Promise<Result> {
    return this.#parts.tenants.run(tenant, work);
  }
}

/** Another era, and a replay (era 0), are over: nobody takes in any more of them. */
function isBelow({ era, sequence }: Head, floor: FactFloor): boolean {
  return era === 0 || (floor.era !== 0 && era !== floor.era) ||
    (era === floor.era && sequence <= floor.sequence);
}
