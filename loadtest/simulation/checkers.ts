/** What must always hold (design section 1), checked on a world that has come to rest. */
import assert from "node:assert/strict";
import { kinds } from "#actors/kinds.ts";
import { replay } from "#engine/replay.ts";
import type { SimStation } from "./sim_station.ts";
import type { World } from "./world.ts";

interface SessionRow {
  readonly id: string;
  readonly stationId: string;
  readonly status: string;
  readonly energyWh: number;
  readonly meterStartWh: number;
}

function sessionRows(world: World): readonly SessionRow[] {
  return [...world.store.views].filter(([key]) => key.startsWith("sessions/")).map(([, row]) => ({
    id: String(row["id"]),
    stationId: String(row["station_id"]),
    status: String(row["status"]),
    energyWh: Number(row["energy_wh"]),
    meterStartWh: Number(row["meter_start_wh"]),
  }));
}

/** Design 1.5: energy billed is energy reported, each session once. */
export function energyIsExact(world: World, stations: readonly SimStation[]): void {
  const truth = stations.flatMap(({ sessions }) => sessions);
  const rows = sessionRows(world);
  assert.equal(rows.length, truth.length, "as many sessions as there were");
  for (const { station, startWh, stopWh } of truth) {
    const [row, ...more] = rows.filter((candidate) =>
      candidate.stationId === station && candidate.meterStartWh === startWh
    );
    assert.ok(row !== undefined, `the session of ${station} from ${startWh} Wh is there`);
    assert.equal(more.length, 0, `${station} from ${startWh} Wh is there once`);
    assert.equal(row.status, "closed", row.id);
    assert.equal(row.energyWh, stopWh - startWh, row.id);
  }
}

/** Design 1.1: what was answered is in the journal. */
export function answeredIsJournalled(world: World, stations: readonly SimStation[]): void {
  const bodies = new Set(world.store.journal.map(({ body }) => body));
  for (const { answered } of stations) {
    for (const { station, action, body } of answered) {
      assert.ok(bodies.has(body), `${action} of ${station} was answered and is not journalled`);
    }
  }
}

/** Design 1.2: one writer: each shard's sequence has no gap and no double. */
export function sequencesAreWhole(world: World): void {
  for (const [shard, rows] of Map.groupBy(world.store.journal, (row) => row.shard)) {
    rows.forEach(({ seq }, index) => assert.equal(seq, index + 1, `shard ${shard}`));
  }
}

/** Design 1.4: a step is a pure function: every journal gives the same effects again. */
export function journalsReplay(world: World): void {
  for (const [actor, journal] of Map.groupBy(world.store.journal, (row) => row.actor)) {
    const { difference } = replay({ kinds, actor, journal });
    assert.equal(difference, undefined, `${actor}: ${JSON.stringify(difference)?.slice(0, 600)}`);
  }
}

/** Nothing was set aside: every message of an honest station can be worked out. */
export function nothingIsSetAside(world: World): void {
  assert.deepEqual(world.store.deadLetters, []);
}
