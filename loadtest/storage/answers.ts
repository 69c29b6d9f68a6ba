/** How long the questions take that people ask of ten million values, as the api's role. */
import { postgresTenants } from "#api/adapters/postgres_tenants.ts";
import type { Tenants } from "#api/ports/rows.ts";
import { listEnergy } from "#api/queries/energy_rows.ts";
import { listMeterValues } from "#api/queries/session_rows.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { median } from "../load/latencies.ts";

const ASKED = 40;

export interface Answer {
  readonly question: string;
  readonly medianMs: number;
  readonly worstMs: number;
  readonly items: number;
}

interface Items {
  readonly items: readonly unknown[];
}

/** Each question of many stations, one after the other; the first answers warm the plans up. */
export async function answers(url: string, stations: number): Promise<readonly Answer[]> {
  const tenants = postgresTenants({ clock: systemClock(), url, connections: 1 });
  const page = { limit: 1_000, order: "asc" } as const;
  const yesterday = 2;
  const ask = (question: string, run: (station: number) => Promise<Items>): Promise<Answer> =>
    asked(question, stations, run);
  const of = <Value>(
    work: Parameters<typeof tenants.run<Value>>[1],
  ): Promise<Value> => (tenants as Tenants).run("default", work);
  try {
    return [
      await ask(
        "yesterday's session, its power",
        (s) =>
          of((rows) =>
            listMeterValues(rows, { sessionId: `S${s}~${yesterday}` }, {
              ...page,
              measurand: "Power.Active.Import",
            })
          ),
      ),
      await ask(
        "yesterday's session, all values",
        (s) => of((rows) => listMeterValues(rows, { sessionId: `S${s}~${yesterday}` }, page)),
      ),
      await ask(
        "a running session, its power",
        (s) =>
          of((rows) =>
            listMeterValues(rows, { sessionId: `L${s}~1` }, {
              ...page,
              measurand: "Power.Active.Import",
            })
          ),
      ),
      await ask(
        "a station's last 1,000 values",
        (s) =>
          of((rows) => listMeterValues(rows, { stationId: `S${s}` }, { ...page, order: "desc" })),
      ),
      await ask(
        "a station's months",
        (s) => of((rows) => listEnergy(rows, `S${s}`, { ...page, per: "month" })),
      ),
      await ask(
        "a station's days",
        (s) => of((rows) => listEnergy(rows, `S${s}`, { ...page, per: "day" })),
      ),
      await ask(
        "a station's quarters",
        (s) => of((rows) => listEnergy(rows, `S${s}`, { ...page, per: "quarter" })),
      ),
    ];
  } finally {
    await tenants.close();
  }
}

async function asked(
  question: string,
  stations: number,
  run: (station: number) => Promise<Items>,
): Promise<Answer> {
  const times: number[] = [];
  let items = 0;
  for (let index = -10; index < ASKED; index++) {
    const station = 1 + Math.abs(index * 7_919) % Math.min(stations, 1_000);
    const beganAtMs = performance.now();
    // deno-lint-ignore no-await-in-loop -- one after the other is what is measured.
    const page = await run(station);
    if (index >= 0) times.push(performance.now() - beganAtMs);
    items = Math.max(items, page.items.length);
  }
  return { question, medianMs: median(times), worstMs: Math.max(...times), items };
}
