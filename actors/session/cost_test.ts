import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, StationOnStage, tokenRecord } from "#actors/stage_testing.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { session } from "./mod.ts";

const price = { currency: "EUR", perKwh: "0.30", taxIncluded: true };
const minute = 60_000;

class Priced extends StationOnStage {
  seqNo = 0;

  constructor(settings: object = { energyPrice: price }, protocol: OcppProtocol = "ocpp2.0.1") {
    const stage = new Stage();
    stage.tokens.set("tag1", tokenRecord("TAG1"));
    super(stage, "CP1", protocol);
    this.register({ ...settings }).connect();
  }

  event(
    eventType: "Started" | "Updated" | "Ended",
    wh: number | null,
    seqNo = this.seqNo++,
  ): unknown {
    const context = { Started: "Transaction.Begin", Updated: "Sample.Periodic" };
    const timestamp = this.time();
    return this.call("TransactionEvent", {
      eventType,
      timestamp,
      triggerReason: "MeterValuePeriodic",
      seqNo,
      transactionInfo: { transactionId: "tx1" },
      ...(seqNo === 0 ? { evse: { id: 1, connectorId: 1 } } : {}),
      ...(wh === null ? {} : {
        meterValue: [{
          timestamp,
          sampledValue: [{
            value: wh,
            context: eventType === "Ended" ? "Transaction.End" : context[eventType],
          }],
        }],
      }),
    });
  }

  /** Charges from 1,000 to 6,000 Wh; gives the answers. */
  charge(): readonly unknown[] {
    const answers = [this.event("Started", 1_000)];
    this.stage.advance(30 * minute);
    answers.push(this.event("Updated", 3_000));
    this.stage.advance(30 * minute);
    answers.push(this.event("Ended", 6_000));
    return answers;
  }

  cost(): unknown {
    return this.session(1)["cost"];
  }
}

test("a session tells what it costs so far with each reading, and in total at its end (I02, I03)", () => {
  const one = new Priced();
  assert.deepEqual(one.charge(), [{}, { totalCost: 0.6 }, { totalCost: 1.5 }]);
  assert.deepEqual(one.cost(), { amount: "1.50", currency: "EUR" });
  assert.deepEqual(one.stage.row("sessions", "CP1~1")["price"], { ...price, isShown: true });
});

test("an event that says nothing of energy says nothing of cost", () => {
  const one = new Priced();
  one.event("Started", 1_000);
  assert.deepEqual(one.event("Updated", null), {});
});

test("nothing is told where no price is set, and 0 where it is free (rule U7)", () => {
  const none = new Priced({});
  assert.deepEqual(none.charge(), [{}, {}, {}]);
  assert.equal(none.cost(), null);
  const free = new Priced({ energyPrice: { ...price, perKwh: "0" } });
  assert.deepEqual(free.charge(), [{}, { totalCost: 0 }, { totalCost: 0 }]);
});

test("the station's own price comes before that of its location", () => {
  const placePrice = { ...price, perKwh: "0.50" };
  assert.deepEqual(new Priced({ placePrice }).charge().at(-1), { totalCost: 2.5 });
  assert.deepEqual(new Priced({ energyPrice: price, placePrice }).charge().at(-1), {
    totalCost: 1.5,
  });
  const back = new Priced({ energyPrice: price, placePrice });
  back.tell("station.change", { settings: { energyPrice: null } });
  assert.deepEqual(back.charge().at(-1), { totalCost: 2.5 });
});

test("a price is locked when the session begins", () => {
  const one = new Priced();
  one.event("Started", 1_000);
  one.tell("station.change", { settings: { energyPrice: { ...price, perKwh: "9" }, quiet: true } });
  one.stage.advance(30 * minute);
  assert.deepEqual(one.event("Updated", 3_000), { totalCost: 0.6 });
  one.stage.advance(30 * minute);
  assert.deepEqual(one.event("Ended", 6_000), { totalCost: 1.5 });
});

test("a quiet station is told the total only", () => {
  const one = new Priced({ energyPrice: price, quiet: true });
  assert.deepEqual(one.charge(), [{}, {}, { totalCost: 1.5 }]);
});

test("a net price is shown to operators and not to drivers: its taxes are not known", () => {
  const one = new Priced({ energyPrice: { ...price, taxIncluded: false } });
  assert.deepEqual(one.charge(), [{}, {}, {}]);
  assert.deepEqual(one.cost(), { amount: "1.50", currency: "EUR" });
});

test("a repeated end is told what the first was, also when late readings changed the energy", () => {
  const one = new Priced();
  one.event("Started", 1_000);
  one.stage.advance(60 * minute);
  one.seqNo = 2;
  const first = one.event("Ended", null);
  assert.deepEqual(first, { totalCost: 0 });
  one.stage.advance(-30 * minute);
  one.event("Updated", 3_000, 1);
  one.stage.advance(30 * minute);
  assert.deepEqual(one.cost(), { amount: "0.60", currency: "EUR" });
  assert.deepEqual(one.event("Ended", null, 2), first);
});

test("an end whose start never came has no price", () => {
  const one = new Priced();
  one.seqNo = 5;
  assert.deepEqual(one.event("Ended", 6_000), {});
  assert.equal(one.cost(), null);
});

test("1.6 is sent nothing; REST knows the cost", () => {
  const one = new Priced({ energyPrice: price }, "ocpp1.6");
  const started = one.call("StartTransaction", {
    connectorId: 1,
    idTag: "TAG1",
    meterStart: 1_000,
    timestamp: one.time(),
  }) as { readonly transactionId: number };
  one.stage.advance(60 * minute);
  const { transactionId } = started;
  const stop = { transactionId, meterStop: 6_000, timestamp: one.time() };
  assert.deepEqual(one.call("StopTransaction", stop), {});
  assert.deepEqual(one.cost(), { amount: "1.50", currency: "EUR" });
});

test("a session that was stored before there were prices has none", () => {
  const { context } = session.snapshot.decode({
    version: 1,
    value: "active",
    context: { id: "CP1~1" },
  });
  assert.deepEqual([context.price, context.toldCost], [null, null]);
});
