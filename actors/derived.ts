/** What workers derive from the journal: facts in their stream, meter values in their table. */
import type { PostgresJournal } from "#engine/adapters/postgres_journal.ts";
import type { CommittedRows } from "#engine/commit_hints.ts";
import type { Host } from "#engine/host.ts";
import { followJournal } from "#engine/journal_follower.ts";
import type { Placement } from "#engine/placement.ts";
import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { FactPublisher } from "#engine/ports/facts.ts";
import { FactRelay } from "#engine/relay.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { clockOffsets } from "./adapters/fleet_metrics.ts";
import { meteredTypes, meterValueProjection } from "./adapters/meter_value_projection.ts";
import { postgresMeterStore } from "./adapters/postgres_meter_store.ts";
import { reportedTypes, reportProjection } from "./adapters/report_projection.ts";
import { kinds } from "./kinds.ts";

const RELAY = "relay";
/** Hints to the relay in another worker: those of some commits travel together. */
const TELL_MS = 3;
/** Operators wait for what a station reports when they asked for it. */
const REPORTS_GATHER_MS = 250;
/** A message takes some milliseconds, and a pass has a deadline. */
const REPORTS_MAX = 200;

export interface DerivedParts {
  readonly name: string;
  readonly journal: PostgresJournal;
  readonly publisher: FactPublisher;
  readonly host: Host;
  readonly placement: Placement;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface Derived {
  /** Rows were committed: what follows from them is derived soon. */
  hint(rows: CommittedRows): void;
  stop(): Promise<void>;
}

export function deriveFromJournal(parts: DerivedParts): Derived {
  const { name, journal, publisher, host, placement, bus, clock, telemetry } = parts;
  const relay = new FactRelay({
    ...{ reader: journal, publisher, clock, telemetry },
    isOurs: () => placement.leads(RELAY),
  });
  const stopListening = bus.listen(relaySubject(name), (text) => {
    relay.hint(JSON.parse(text) as readonly number[]);
    return undefined;
  });
  const projection = followJournal({
    name: "meter-values",
    reader: journal,
    onRows: meterValueProjection(kinds, postgresMeterStore(telemetry), clockOffsets(telemetry)),
    filter: { types: meteredTypes },
    isOurs: (shard) => host.custody.holds(shard),
    ...{ clock, telemetry },
  });
  const reports = followJournal({
    name: "station-reports",
    reader: journal,
    onRows: reportProjection(telemetry),
    filter: { types: reportedTypes },
    isOurs: (shard) => host.custody.holds(shard),
    gatherMs: REPORTS_GATHER_MS,
    rowsMax: REPORTS_MAX,
    ...{ clock, telemetry },
  });
  const tell = gathered(clock, (shards) => {
    const leader = placement.leaderOf(RELAY);
    if (leader === name) relay.hint(shards);
    else if (leader !== undefined) bus.tell(relaySubject(leader), JSON.stringify(shards));
  });
  return {
    hint: ({ shards, withFacts, byType }) => {
      projection.hint(shards);
      for (const type of reportedTypes) reports.hint(byType.get(type) ?? []);
      if (placement.leads(RELAY)) relay.hint(withFacts);
      else if (withFacts.size > 0) tell(withFacts);
    },
    stop: async () => {
      stopListening();
      await Promise.all([relay.stop(), projection.stop(), reports.stop()]);
    },
  };
}

function relaySubject(worker: string): string {
  return `relay.${worker}`;
}

function gathered(
  clock: Clock,
  tell: (shards: readonly number[]) => void,
): (shards: Iterable<number>) => void {
  const waiting = new Set<number>();
  return (shards) => {
    if (waiting.size === 0) {
      clock.schedule(TELL_MS, () => {
        const all = [...waiting];
        waiting.clear();
        tell(all);
      });
    }
    for (const shard of shards) waiting.add(shard);
  };
}
