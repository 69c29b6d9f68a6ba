import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "#engine/adapters/postgres_migrations.ts";
import { postgresStore } from "#engine/adapters/postgres_store.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import type { EncodedBatch, OwnedShard, Store } from "#engine/ports/store.ts";
import { takeDataFolder } from "#start/data_folder.ts";
import { startEmbeddedPostgres } from "#start/embedded_postgres.ts";
import { freePort } from "#start/free_port.ts";
import { type Rate, rateOfAsync } from "./rates.ts";

const batchRows = [1, 100, 1_000] as const;

/** Rows per second that become durable, by rows of a batch, on an embedded Postgres of its own. */
export async function commitRates(): Promise<readonly Rate[]> {
  const path = mkdtempSync(join(tmpdir(), "statewatt-bench-"));
  const folder = await takeDataFolder(path);
  const quiet = { say: () => {}, signal: new AbortController().signal };
  const server = await startEmbeddedPostgres(folder, await freePort(), quiet);
  try {
    await migrate(server.url);
    const store = postgresStore({ url: server.url, owner: "bench", clock: systemClock() });
    try {
      return await measured(store);
    } finally {
      await store.close();
    }
  } finally {
    await server.close();
    folder.release();
    rmSync(path, { recursive: true, force: true });
  }
}

async function measured(store: Store): Promise<readonly Rate[]> {
  const [owned] = await store.takeShards("bench", [3]);
  if (owned === undefined) throw new Error("Cannot take a shard of a new database");
  let { lastSeq } = owned;
  const rates: Rate[] = [];
  for (const rows of batchRows) {
    const commit = async (): Promise<void> => {
      const outcome = await store.commit(meterBatch({ ...owned, lastSeq }, rows), 0);
      if (outcome.result !== "committed") {
        throw new Error(`Cannot commit: ${JSON.stringify(outcome)}`);
      }
      lastSeq += rows;
    };
    const name = `commit batches of ${rows}`;
    // deno-lint-ignore no-await-in-loop -- one size after the other
    rates.push(await rateOfAsync(name, commit, { weight: rows, note: "durable rows/s, one lane" }));
  }
  return rates;
}

/** A batch of meter samples of one shard. */
function meterBatch(owned: OwnedShard, rows: number): EncodedBatch {
  const { shard, epoch, lastSeq } = owned;
  const journal = Array.from({ length: rows }, (_, index) => ({
    shard,
    seq: lastSeq + 1 + index,
    tenant: "default",
    actor: "default:session/BENCH~1",
    class: "S",
    at: 1_767_225_600_000,
    type: "MeterValues",
    revision: 1,
    header: `{"type":"ocpp.call","cause":"BENCH/1.1/${index}","action":"MeterValues"}`,
    body: sampleText,
    reply: "{}",
  }));
  const last = lastSeq + rows;
  return {
    id: `bench ${last}`,
    fence: JSON.stringify([{ shard, epoch, prev: lastSeq, last }]),
    journal: JSON.stringify(journal),
    snapshots: "",
    rest: "",
  };
}

const sampleText = JSON.stringify({
  connectorId: 1,
  transactionId: 4711,
  meterValue: [{
    timestamp: "2026-01-01T00:00:00.000Z",
    sampledValue: [
      { value: "100000025", measurand: "Energy.Active.Import.Register", unit: "Wh" },
      { value: "11040", measurand: "Power.Active.Import", unit: "W" },
      { value: "16.0", measurand: "Current.Import", phase: "L1", unit: "A" },
    ],
  }],
});
