import assert from "node:assert/strict";
import { test } from "node:test";
import {
  refusal,
  snapshotBytesMax,
  Stage,
  StationOnStage,
  tokenRecord,
} from "#actors/stage_testing.ts";
import { forSeeds, type Seeded } from "#schemas/seeded_testing.ts";
import { newCharger } from "./context.ts";
import { fits } from "./room.ts";

const LONG_TOKEN = "T".repeat(36);
const LONG_IDENTITY = "DE*ABC*E-A-VERY-LONG-IDENTITY-OF-48-CHARACTERS-01";
/** Of a socket: as long as gateways name them. */
const GATEWAY = "gateway-0123456789abcdef-0123456789abcdef";

test("fits() says the same of a station that beats, whose beats no replay sees", () => {
  const charger = newCharger("default", "CP1", "CP1");
  const answers = new Set<boolean>();

  for (let length = 6_000; length < 7_500; length++) {
    const context = { ...charger, settings: { ...charger.settings, tags: ["x".repeat(length)] } };
    const silent = fits(context, []);
    assert.equal(fits({ ...context, heardAt: 1_767_225_600_000 }, []), silent, `${length}`);
    answers.add(silent);
  }

  assert.equal(answers.size, 2);
});

let ids = 0;
const longId = (): string => `${++ids}`.padStart(36, "f");

function station(identity = LONG_IDENTITY): StationOnStage {
  const stage = new Stage();
  // The time of a step is that of a database: with fractions.
  stage.now += 0.5283;
  for (const uid of [LONG_TOKEN, "TAG1"]) stage.tokens.set(uid.toLowerCase(), tokenRecord(uid));
  return new StationOnStage(stage, identity, "ocpp2.0.1").register({
    quiet: true,
    authorisationRequired: false,
  });
}

function connect(one: StationOnStage): void {
  const socket = `0123abcd-4567/${++ids}`;
  one.open({ gateway: GATEWAY, socket, remoteAddress: "2001:db8:1234:5678:9abc:def0:1234:5678" });
}

/** Whether it was taken. */
function order(one: StationOnStage, kind: string, body: object): boolean {
  const more = { replyTo: `api.${longId()}`, batchId: longId() };
  const times = { timeoutMs: 10_000, queueMs: 600_000 };
  const request = { id: longId(), kind, body, ...times, ...more };
  const outcome = refusal(() => one.tell("command.request", request));
  assert.ok(outcome === "none" || outcome === "overloaded", outcome);
  return outcome === "none";
}

function start(one: StationOnStage, evse: number): void {
  one.call("TransactionEvent", {
    eventType: "Started",
    timestamp: one.time(),
    triggerReason: "CablePluggedIn",
    seqNo: 0,
    transactionInfo: { transactionId: longId() },
    evse: { id: evse, connectorId: 1 },
    idToken: { idToken: LONG_TOKEN, type: "ISO14443" },
  });
}

test("as many remote starts as are taken while a station is away fit when it is back", () => {
  const one = station();
  const start = (): boolean => order(one, "remote-start", { tokenUid: LONG_TOKEN, evseId: 1 });
  let taken = 0;
  while (start()) taken++;
  assert.ok(taken >= 6, `${taken} were taken`);
  const before = one.stage.largestSnapshot;

  connect(one);

  assert.equal(one.orders().length, taken);
  assert.ok(one.stage.largestSnapshot > before, "nothing grew");
  assert.ok(one.stage.largestSnapshot <= snapshotBytesMax, `${one.stage.largestSnapshot} bytes`);
});

test("full of commands, a station's sessions are taken as ever", () => {
  const one = station();
  connect(one);
  one.boot();
  while (order(one, "unlock", { evseId: 1 }));

  for (let round = 0; round < 60; round++) {
    one.stage.advance(10);
    for (let evse = 1; evse <= 8; evse++) start(one, evse);
  }

  assert.equal((one.describe()["openSessions"] as unknown[]).length, 8);
  assert.ok(one.stage.largestSnapshot <= snapshotBytesMax, `${one.stage.largestSnapshot} bytes`);
});

/** One thing that makes what is stored of a station grow. */
function grow(one: StationOnStage, random: Seeded): void {
  const evse = random.pick([1, 2, 3, 4]);
  const moves = {
    start: () => start(one, evse),
    command: () => void order(one, "unlock", { evseId: evse }),
    remoteStart: () => void order(one, "remote-start", { tokenUid: LONG_TOKEN, evseId: evse }),
    connect: () => connect(one),
    leave: () => one.disconnect(),
    wait: () => one.stage.advance(random.pick([100, 30_000, 700_000])),
    answer: () => {
      const { messageId } = random.pick(one.orders());
      one.answer(messageId, { outcome: "answered", response: { status: "Accepted" } });
    },
  };
  const common = ["command", "remoteStart", "remoteStart", "start"] as const;
  const rare = ["connect", "leave", "wait"] as const;
  const answers = one.orders().length > 0 ? ["answer" as const] : [];
  moves[random.pick([...common, ...rare, ...answers])]();
}

test("whatever a station is asked and does, it can be stored, and nothing it says is refused", () => {
  let largest = 0;
  forSeeds(60, (random) => {
    const one = station(random.pick(["CP1", LONG_IDENTITY]));
    connect(one);
    one.boot();
    for (let step = 0; step < 150; step++) {
      grow(one, random);
      const { largestSnapshot } = one.stage;
      assert.ok(largestSnapshot <= snapshotBytesMax, `step ${step}: ${largestSnapshot} bytes`);
    }
    largest = Math.max(largest, one.stage.largestSnapshot);
  });
  assert.ok(largest > 0.9 * snapshotBytesMax, `the worst case had ${largest} bytes only`);
});
