/** Seeded lives of one reservation: whatever is said in whatever order, what must hold holds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { replay } from "#engine/replay.ts";
import type { JournalRow } from "#engine/ports/store.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { ReservationStatus } from "#schemas/events/reservation.ts";
import { forSeeds, type Seeded } from "#schemas/seeded_testing.ts";
import { kinds } from "#actors/stage_testing.ts";
import { HOUR_MS, ReservingStation } from "./stage_testing.ts";

const protocols: readonly OcppProtocol[] = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"];
const words = ["Accepted", "Rejected", "Faulted", "Occupied", "Unavailable", "Whatever"];
const updates = ["Expired", "Removed", "NoTransaction", "Whatever"];
const reached = new Set<ReservationStatus>();

class Life {
  readonly station: ReservingStation;
  readonly #random: Seeded;
  readonly #asked: string[] = [];
  #starts = 0;

  constructor(random: Seeded) {
    this.#random = random;
    this.station = new ReservingStation(random.pick(protocols)).online();
    this.#reserve();
  }

  step(): void {
    const random = this.#random;
    random.pick([
      () => this.#reserve(),
      () => this.#asked.push(this.station.cancel(7, HOUR_MS)),
      () => this.#answer(),
      () => this.#answer(),
      () => this.#start(),
      () => this.#update(),
      () => this.station.stage.advance(random.whole(0, 40) * 60_000),
      () => this.station.stage.sleep(random.whole(0, 40) * 60_000),
      () => this.#toggle(),
    ])();
    this.station.stage.advance(0);
    this.#check();
  }

  end(): void {
    this.station.stage.advance(24 * HOUR_MS);
    const { status } = this.station.reservation();
    assert.ok(status !== "pending" && status !== "accepted", `still ${status} after a day`);
    reached.add(status);
  }

  #reserve(): void {
    const random = this.#random;
    const terms = {
      evseId: random.pick([null, 1, 2]),
      tokenUid: random.pick(["TAG1", "TAG2"]),
      expiresAt: this.station.expiry(random.whole(-1, 4) * HOUR_MS),
    };
    this.#asked.push(this.station.reserve(terms, 2 * HOUR_MS));
  }

  #answer(): void {
    const random = this.#random;
    const id = random.pick(this.#asked);
    if (random.happens(0.2)) this.station.answer(id, { outcome: "timedOut" });
    else this.station.says(id, random.pick(words), random.happens(0.5));
  }

  #start(): void {
    if (this.station.stage.slot(this.station.address).state.context.link === null) return;
    if (this.#random.happens(0.7)) this.station.start(undefined, ++this.#starts);
    else this.station.start(7, ++this.#starts);
  }

  #update(): void {
    if (this.station.protocol === "ocpp1.6") return;
    this.station.call("ReservationStatusUpdate", {
      reservationId: 7,
      reservationUpdateStatus: this.#random.pick(updates),
    });
  }

  #toggle(): void {
    const isAway = this.station.stage.slot(this.station.address).state.context.link === null;
    if (isAway) this.station.connect();
    else this.station.disconnect();
  }

  #check(): void {
    const { stage, reservationAddress } = this.station;
    const { status, expiresAt, sessionId, createdAt, updatedAt } = this.station.reservation();
    const isOpen = status === "pending" || status === "accepted";
    assert.deepEqual(stage.alarmsOf(reservationAddress), isOpen ? ["expiry"] : [], status);
    if (status === "accepted") assert.ok(Date.parse(expiresAt) >= stage.now, "it has expired");
    if (status !== "used") assert.equal(sessionId, null);
    assert.ok(updatedAt >= createdAt);
    assert.equal(
      stage.factNames().findLast((name) =>
        name.startsWith("reservation.") && name !== "reservation.updated"
      ),
      `reservation.${status}`,
    );
  }
}

test("random lives of a reservation end, and are always what was told last", () => {
  forSeeds(120, (random) => {
    const life = new Life(random);
    for (let n = 0; n < 30; n++) life.step();
    life.end();
    assertReplays(life.station);
  });
  assert.deepEqual(
    [...reached].toSorted(),
    ["cancelled", "expired", "faulted", "occupied", "rejected", "unavailable", "used"],
  );
});

/** Rule 1.4: the journal alone gives the same reservation again. */
function assertReplays({ stage, reservationAddress: actor }: ReservingStation): void {
  const changes = stage.journal.filter(({ slot }) => slot.text === actor);
  const journal = changes.map((change, index): JournalRow => ({
    ...{ seq: index + 1, actor, class: change.class, at: change.at, type: change.type },
    ...{ revision: 1, header: change.headerText, body: change.bodyText, reply: null },
    inputs: change.inputsText,
    effects: JSON.stringify(change.effects),
  }));
  const { difference, state } = replay({ kinds: [...kinds.values()], actor, journal });
  assert.equal(difference, undefined, JSON.stringify(difference));
  assert.deepEqual(state.context, stage.slot(actor).state.context);
}
