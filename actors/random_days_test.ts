/** Seeded bad days of one station: whatever happens, what must hold holds after every step. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { replay } from "#engine/replay.ts";
import type { JournalRow } from "#engine/ports/store.ts";
import { PlatformError } from "#schemas/errors.ts";
import { forSeeds, Seeded } from "#schemas/seeded_testing.ts";
import { kinds, snapshotBytesMax, Stage, StationOnStage, tokenRecord } from "./stage_testing.ts";

/** States that the days have come through, by kind. */
const reached = new Map<string, Set<string>>();

/** A station that keeps its own truth, and a day that goes wrong. */
class BadDay {
  readonly random: Seeded;
  readonly stage = new Stage();
  readonly station: StationOnStage;
  /** Open transactions by connector: what the meter really counts. */
  readonly open = new Map<number, { id: string | number; seqNo: number; startWh: number }>();
  /** Energy of ended transactions, by transaction id. */
  readonly truth = new Map<string, number>();
  readonly registers = [0, 1_000_000, 5_000];
  #orders = 0;
  #transactions = 0;

  constructor(random: Seeded) {
    this.random = random;
    this.stage.tokens.set("tag1", tokenRecord("TAG1", { concurrentSessions: 2 }));
    this.stage.tokens.set("tag2", tokenRecord("TAG2", { groupId: "G", concurrentSessions: 0 }));
    const protocol = random.happens(0.5) ? "ocpp1.6" : "ocpp2.0.1";
    this.station = new StationOnStage(this.stage, "CP1", protocol).register().connect();
  }

  get is16(): boolean {
    return this.station.protocol === "ocpp1.6";
  }

  step(): void {
    const { random } = this;
    const move = random.pick([
      this.#begin,
      this.#meter,
      this.#meter,
      this.#change,
      this.#end,
      this.#status,
      this.#beat,
      this.#boot,
      this.#reconnect,
      this.#command,
      this.#answer,
      this.#wait,
      this.#operate,
    ]);
    try {
      move.call(this);
    } catch (error) {
      // A refusal is an answer; anything else is a fault.
      if (!(error instanceof PlatformError) || error.kind === "bug") throw error;
    }
  }

  /** Sends a message once or, when its answer gets lost, again. */
  #call(action: string, payload: unknown): unknown {
    const reply = this.station.call(action, payload);
    if (!this.random.happens(0.2)) return reply;
    const facts = this.stage.facts.length;
    const again = this.station.call(action, payload);
    if (action !== "StopTransaction" && action !== "BootNotification") {
      assert.deepEqual(again, reply, `another answer to a repeated ${action}`);
      assert.equal(this.stage.facts.length, facts, `a repeated ${action} is a fact`);
    }
    return again;
  }

  #begin(): void {
    const connector = this.random.whole(1, 2);
    if (this.open.has(connector)) return;
    // Two starts of one instant, card and reading would be one (rule T2).
    this.stage.advance(1_000);
    const startWh = this.registers[connector] ?? 0;
    const uid = this.random.pick(["TAG1", "tag1", "TAG2", "WHO"]);
    const timestamp = this.station.time();
    if (this.is16) {
      const request = { connectorId: connector, idTag: uid, meterStart: startWh, timestamp };
      const { transactionId, idTagInfo } = this.#call("StartTransaction", request) as {
        transactionId: number;
        idTagInfo: { status: string };
      };
      if (idTagInfo.status !== "Accepted") return;
      this.open.set(connector, { id: transactionId, seqNo: 0, startWh });
      return;
    }
    const id = `tx-${++this.#transactions}`;
    const transaction = { id, seqNo: 0, startWh };
    this.open.set(connector, transaction);
    const reply = this.#event(connector, "Started", {
      evse: { id: connector, connectorId: 1 },
      ...(this.random.happens(0.7) ? { idToken: { idToken: uid, type: "ISO14443" } } : {}),
    }, "Transaction.Begin") as { idTokenInfo?: { status: string } };
    const status = reply.idTokenInfo?.status ?? "Accepted";
    if (status !== "Accepted") this.open.delete(connector);
  }

  #event(connector: number, eventType: string, more: object, context?: string): unknown {
    const transaction = this.open.get(connector);
    assert.ok(transaction !== undefined);
    const timestamp = this.station.time();
    const state = this.random.pick(["Charging", "SuspendedEV", "SuspendedEVSE", "Idle"]);
    const value = this.registers[connector] ?? 0;
    return this.#call("TransactionEvent", {
      eventType,
      timestamp,
      triggerReason: "ChargingStateChanged",
      seqNo: transaction.seqNo++,
      transactionInfo: {
        transactionId: transaction.id,
        ...(this.random.happens(0.5) ? { chargingState: state } : {}),
      },
      ...(context === undefined ? {} : {
        meterValue: [{ timestamp, sampledValue: [{ value, context }] }],
      }),
      ...more,
    });
  }

  #meter(): void {
    for (const [connector, { id }] of this.open) {
      this.stage.advance(60_000);
      this.registers[connector] = (this.registers[connector] ?? 0) + this.random.whole(0, 300);
      if (!this.is16) {
        this.#event(connector, "Updated", {}, "Sample.Periodic");
        continue;
      }
      const sampledValue = [{ value: String(this.registers[connector]) }];
      this.#call("MeterValues", {
        connectorId: connector,
        ...(this.random.happens(0.8) ? { transactionId: id } : {}),
        meterValue: [{ timestamp: this.station.time(), sampledValue }],
      });
    }
  }

  #change(): void {
    for (const connector of this.open.keys()) if (!this.is16) this.#event(connector, "Updated", {});
  }

  #end(): void {
    const [first] = this.open;
    if (first === undefined) return;
    const [connector, { id, startWh }] = first;
    const register = this.registers[connector] ?? 0;
    if (this.is16) {
      const timestamp = this.station.time();
      this.#call("StopTransaction", { transactionId: id, meterStop: register, timestamp });
    } else this.#event(connector, "Ended", {}, "Transaction.End");
    this.open.delete(connector);
    this.truth.set(String(id), register - startWh);
  }

  #status(): void {
    const connector = this.random.whole(1, 2);
    const words = ["Available", "Faulted", "Unavailable", "Reserved"];
    if (this.is16) {
      const status = this.random.pick([...words, "Charging", "SuspendedEV", "Finishing"]);
      const report = { connectorId: connector, errorCode: "NoError", status };
      const skew = this.random.pick([0, 0, -600_000, 600_000]);
      const timestamp = new Date(this.stage.now + skew).toISOString();
      this.station.call("StatusNotification", { ...report, timestamp });
      return;
    }
    this.station.call("StatusNotification", {
      timestamp: this.station.time(),
      connectorStatus: this.random.pick([...words, "Occupied"]),
      evseId: connector,
      connectorId: 1,
    });
  }

  #beat(): void {
    this.station.call("Heartbeat", {});
  }

  #boot(): void {
    this.station.boot();
  }

  #reconnect(): void {
    const { station, random } = this;
    if (random.happens(0.3)) station.tell("gateway.lost", { gateway: "g1" });
    else if (random.happens(0.5)) station.disconnect();
    if (random.happens(0.5)) this.stage.advance(random.whole(0, 600_000));
    station.connect(random.pick(["g1", "g2"]));
    if (random.happens(0.3)) station.connect("g1", true);
  }

  #command(): void {
    const { random, station } = this;
    const id = `c${random.whole(1, 1_000_000)}`;
    const [kind, body] = random.pick([
      ["remote-start", { tokenUid: "TAG1", evseId: random.whole(1, 2) }],
      ["remote-stop", { sessionId: `CP1~${random.whole(1, 5)}` }],
      ["reset", { type: "Immediate" }],
      ["unlock", { evseId: 1 }],
      ["trigger", { message: "Heartbeat" }],
    ]);
    if (random.happens(0.3)) station.disconnect();
    station.tell("command.request", { id, kind, body, timeoutMs: 10_000, queueMs: 60_000 });
  }

  #answer(): void {
    const { random, station } = this;
    const order = station.orders()[this.#orders++];
    if (order === undefined) return;
    const answer = random.pick([
      { outcome: "answered", response: { status: random.pick(["Accepted", "Rejected"]) } },
      { outcome: "failed", error: { code: "GenericError", description: "", details: {} } },
      { outcome: "timedOut" },
      { outcome: "sent" },
      { outcome: "expired" },
    ]);
    station.answer(order.messageId, answer);
  }

  #wait(): void {
    const ms = this.random.whole(0, 3_600_000);
    if (this.random.happens(0.2)) this.stage.sleep(ms);
    else this.stage.advance(ms);
  }

  #operate(): void {
    const { random, station } = this;
    if (random.happens(0.1)) {
      station.tell("session.close-stale");
      return;
    }
    const registration = random.pick(["Accepted", "Accepted", "Accepted", "Pending", "Rejected"]);
    station.tell("station.change", { settings: { registration, quiet: random.happens(0.5) } });
    if (random.happens(0.8)) {
      station.tell("station.change", { settings: { registration: "Accepted" } });
    }
    station.tell("alert.resolve", { alertId: `CP1~a${random.whole(1, 9)}` });
  }
}

/** Rule 1.4: the journal, run again, says the same. */
function checkReplay(stage: Stage): void {
  const byActor = Map.groupBy(stage.journal, ({ slot }) => slot.text);
  for (const [actor, changes] of byActor) {
    const journal = changes.map((change, index): JournalRow => ({
      seq: index + 1,
      actor,
      class: change.class,
      at: change.at,
      type: change.type,
      revision: 1,
      header: change.headerText,
      body: change.bodyText,
      inputs: change.inputsText,
      reply: null,
      effects: JSON.stringify(change.effects),
    }));
    const { difference } = replay({ kinds: [...kinds.values()], actor, journal });
    assert.equal(difference, undefined, `${actor}: ${JSON.stringify(difference)}`);
  }
}

/** Rule 1.5: the energy of an ended session is what its meter counted. */
function checkEnergy(day: BadDay): void {
  for (const [key, row] of day.stage.rows) {
    if (!key.startsWith("sessions/")) continue;
    const truth = day.truth.get(String(row["transaction_id"]));
    // A start that was refused while the station was not accepted is not known to anybody.
    const isStartLost = (row["flags"] as readonly string[]).includes("startMissing");
    if (truth === undefined || isStartLost || row["stop_reason"] === "Stale") continue;
    assert.equal(row["energy_wh"], truth, `${key} ${JSON.stringify(row)}`);
  }
}

function noteStates(stage: Stage): void {
  for (const { slot } of stage.journal) {
    const states = reached.get(slot.kind.kind) ?? new Set();
    states.add(JSON.stringify(slot.state.value));
    reached.set(slot.kind.kind, states);
  }
}

test("seeded bad days: energy is true, repeats are silent, replays agree, snapshots are small", () => {
  forSeeds(40, (random) => {
    const day = new BadDay(random);
    for (let step = 0; step < 120; step++) day.step();

    checkEnergy(day);
    checkReplay(day.stage);
    assert.ok(day.stage.largestSnapshot <= snapshotBytesMax, `${day.stage.largestSnapshot} bytes`);
    noteStates(day.stage);
  });
});

test("the bad days reach every state of every chart", () => {
  const leaves = (kind: string): readonly string[] => [...reached.get(kind) ?? []].toSorted();
  assert.deepEqual(leaves("charger"), [
    '{"registration":{"registered":"Accepted"},"presence":"offline"}',
    '{"registration":{"registered":"Accepted"},"presence":"online"}',
    '{"registration":{"registered":"Pending"},"presence":"offline"}',
    '{"registration":{"registered":"Pending"},"presence":"online"}',
    '{"registration":{"registered":"Rejected"},"presence":"offline"}',
    '{"registration":{"registered":"Rejected"},"presence":"online"}',
  ]);
  assert.deepEqual(leaves("session"), [
    '{"active":"Charging"}',
    '{"active":"EVConnected"}',
    '{"active":"Idle"}',
    '{"active":"SuspendedEV"}',
    '{"active":"SuspendedEVSE"}',
    '{"ended":"complete"}',
    '{"ended":"messagesPending"}',
  ]);
  assert.deepEqual(leaves("token"), ['"free"', '"held"']);
});
