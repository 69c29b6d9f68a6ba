import type { Sql } from "postgres";
import type { SimStore } from "#engine/sim/sim_store.ts";
import type { Tenants } from "#api/ports/rows.ts";
import type { ProcessLink } from "./process_link.ts";

const NAMED_GATEWAYS = "WITH RECURSIVE named AS ( " +
  "SELECT min(gateway) AS gateway FROM stations WHERE connected UNION ALL " +
  "SELECT (SELECT min(s.gateway) FROM stations s WHERE s.connected AND s.gateway > n.gateway) " +
  "FROM named n WHERE n.gateway IS NOT NULL " +
  ") SELECT gateway FROM named WHERE gateway IS NOT NULL";
const STATIONS_OF = "SELECT tenant, id, connection_epoch AS epoch FROM stations " +
  "WHERE connected AND gateway = ? AND (tenant, id) > (?, ?) ORDER BY tenant, id LIMIT ?";

/** What the simulated database can be asked besides the store's own statements. */
export class SimTables {
  readonly #store: SimStore;
  readonly #shardCount: number;
  /** Is told of a statement that it does not know: then the simulation is behind. */
  readonly #onUnknown: (statement: string) => void;
  #blocks = 0;

  constructor(store: SimStore, shardCount: number, onUnknown: (statement: string) => void) {
    this.#store = store;
    this.#shardCount = shardCount;
    this.#onUnknown = onUnknown;
  }

  /** @throws {TypeError} for a statement that it does not know. */
  answer(text: string, parameters: readonly unknown[]): readonly object[] {
    switch (text.replace(/\s+/g, " ").trim()) {
      case "SELECT 1":
        return [{}];
      case "SELECT nextval('transaction_id_block') AS block":
        return [{ block: `${++this.#blocks}` }];
      case "SELECT shard_count AS count FROM installation":
        return [{ count: this.#shardCount }];
      case NAMED_GATEWAYS:
        return [...new Set(this.#connected().map(({ gateway }) => gateway))].sort()
          .map((gateway) => ({ gateway }));
      case STATIONS_OF: {
        const [gateway, , after, bite] = parameters;
        return this.#connected()
          .filter((row) => row.gateway === gateway && row.id > String(after))
          .sort((one, other) => one.id < other.id ? -1 : 1).slice(0, Number(bite));
      }
      default:
        return this.#commands(text, parameters);
    }
  }

  #commands(text: string, parameters: readonly unknown[]): readonly object[] {
    // Here nobody intends a configuration.
    if (/FROM configuration_templates|= 'intended-configuration'/.test(text)) return [];
    if (/station_id = \? AND (id|block) = ANY\(\?\)/.test(text)) return this.#ofStation(parameters);
    const [id] = parameters;
    if (!/FROM commands WHERE id = \$1$/.test(text)) {
      this.#onUnknown(text);
      throw new TypeError(`Cannot simulate the statement: ${text}`);
    }
    const row = this.#store.views.get(`commands/${String(id)}`);
    if (row === undefined) return [];
    return [Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
        value,
      ]),
    )];
  }

  /** The input `station`: commands of a station by their ids, items by their blocks. */
  #ofStation([, stationId, chosen]: readonly unknown[]): readonly object[] {
    const names = new Set(Array.isArray(chosen) ? chosen : []);
    return [...this.#store.views].flatMap(([key, row]) => {
      if (row["station_id"] !== stationId) return [];
      const id = key.slice(key.indexOf("/") + 1);
      if (key.startsWith("commands/") && names.has(id)) return [{ calls: null, ...row, id }];
      return key.startsWith("station_items/") && names.has(row["block"]) ? [row] : [];
    });
  }

  #connected(): readonly Connected[] {
    return [...this.#store.views].flatMap(([key, row]) =>
      key.startsWith("stations/") && row["connected"] === true
        ? [{
          tenant: String(row["tenant"]),
          id: String(row["id"]),
          gateway: String(row["gateway"]),
          epoch: (row["connection_epoch"] ?? null) as string | null,
        }]
        : []
    );
  }
}

interface Connected {
  readonly tenant: string;
  readonly id: string;
  readonly gateway: string;
  readonly epoch: string | null;
}

/** Postgres as code with statements of its own reaches it: only the statements above. */
export function simSql(tables: SimTables, link: ProcessLink): Sql {
  const ask = (texts: readonly string[], ...parameters: unknown[]): Promise<readonly object[]> =>
    link.call(() => tables.answer(texts.join("?"), parameters));
  return ask as unknown as Sql;
}

/** The api's way to tables. */
export function simTenants(tables: SimTables, link: ProcessLink): Tenants {
  return {
    run: (_tenant, work) =>
      work({
        all: <Row extends object>(text: string, parameters: readonly unknown[] = []) =>
          link.call(() => tables.answer(text, parameters) as readonly Row[]),
      }),
    close: () => Promise.resolve(),
  };
}
