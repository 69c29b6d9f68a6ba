import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sample } from "#schemas/events/station.ts";
import { edgeReadings } from "./edge_readings.ts";

function sample(at: number, context = "Sample.Periodic"): Sample {
  return {
    at,
    measurand: "Energy.Active.Import.Register",
    phase: null,
    context,
    location: "Outlet",
    value: at,
    unit: "Wh",
    signed: null,
  };
}

const contextsOf = (samples: readonly Sample[]): readonly string[] =>
  samples.map(({ context }) => context);

test("rule M4: the newest plain reading of an Ended is the final one, the oldest of a Started the first", () => {
  const samples = [sample(1), sample(2)];

  const ended = edgeReadings({ type: "TransactionEvent.Ended", family: "2.x", samples });
  const started = edgeReadings({ type: "TransactionEvent.Started", family: "2.x", samples });

  assert.deepEqual(contextsOf(ended), ["Sample.Periodic", "Transaction.End"]);
  assert.deepEqual(contextsOf(started), ["Transaction.Begin", "Sample.Periodic"]);
});

test("edgeReadings() leaves alone what a station has said itself, updates, and 1.6", () => {
  const said = [sample(1, "Transaction.Begin"), sample(2)];
  const plain = [sample(1)];

  assert.equal(
    edgeReadings({ type: "TransactionEvent.Ended", family: "2.x", samples: said }),
    said,
  );
  assert.equal(
    edgeReadings({ type: "TransactionEvent.Updated", family: "2.x", samples: plain }),
    plain,
  );
  assert.equal(
    edgeReadings({ type: "TransactionEvent.Ended", family: "1.6", samples: plain }),
    plain,
  );
});

test("edgeReadings() of a clock-aligned reading changes nothing", () => {
  const samples = [sample(1, "Sample.Clock")];

  const ended = edgeReadings({ type: "TransactionEvent.Ended", family: "2.x", samples });

  assert.deepEqual(contextsOf(ended), ["Sample.Clock"]);
});
