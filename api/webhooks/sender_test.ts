import assert from "node:assert/strict";
import { test } from "node:test";
import { formatInstant } from "#schemas/instant.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { takeFacts } from "./delivery_intake.ts";
import { WebhookSender } from "./sender.ts";
import { withWebhooks } from "./testing.ts";

test("a fact that another process stores while the floor is asked for still goes first", () =>
  withWebhooks(async ({ api: { platform }, clock, telemetry, receiver, create }) => {
    const { tenants, webhooks: { egress, serverKey } } = platform;
    const target = await receiver();
    await create({ id: "w", url: target.url });
    /** As an intake does it. */
    const store = async (sequence: number): Promise<void> => {
      const at = formatInstant(clock.now());
      const about = { type: "session.started", kind: "session", stationId: "A", era: 1, at };
      const body = JSON.stringify({ data: { n: sequence } });
      const taking = {
        ...{ tenant: "default", now: at },
        expiresAt: formatInstant(clock.now() + 60_000),
      };
      const record = { ...about, eventId: `1-${sequence}-0`, sequence, body };
      await tenants.run("default", (rows) => takeFacts(rows, taking, [record]));
    };
    await store(2);
    let asked = 0;
    const sender = new WebhookSender({
      ...{ tenants, clock, telemetry, egress, serverKey, random: new SimRandom(1) },
      disableAfterDays: 3,
      floor: async () => {
        if (asked++ === 0) await store(1);
        return { era: 1, sequence: 2 };
      },
    });

    sender.hint();
    await target.until(2);
    await sender.stop();

    assert.deepEqual(target.received.map(({ body }) => body.data.n), [1, 2]);
  }));
