/**
 * Virtual chargers of both versions at a whole platform in the test's process, and an operator who
 * knows nothing but REST.
 */
import assert from "node:assert/strict";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { startTestPlatform, type TestPlatform } from "../clients/test_platform.ts";
import type { Payload } from "../charger/dialect.ts";
import { CaseRest, type RestAnswer } from "../conformance/case_rest.ts";
import { pacedClock } from "../paced_clock.ts";
import { VirtualCharger } from "../virtual_charger.ts";

export const versions = ["ocpp1.6", "ocpp2.0.1"] as const;
export type Version = typeof versions[number];

/** A car that is not full within a test. */
export const car = { capacityWh: 60_000, maxPowerW: 20_000, charge: 0.5 } as const;

export interface Command {
  readonly id: string;
  readonly status: string;
  readonly response?: unknown;
  readonly error?: unknown;
}

export interface ChargerOptions {
  readonly password?: string;
  /** How many times as fast as ours its time goes. */
  readonly pace?: number;
}

const WAIT_MS_MAX = 10_000;
const POLL_MS = 20;
const settled: ReadonlySet<string> = new Set([
  "accepted",
  "rejected",
  "failed",
  "timedOut",
  "expired",
]);

export class OperatedChargers {
  readonly #platform: TestPlatform;
  readonly #chargers: VirtualCharger[] = [];
  readonly rest: CaseRest;

  private constructor(platform: TestPlatform) {
    this.#platform = platform;
    this.rest = new CaseRest(platform.rest);
  }

  static async start(): Promise<OperatedChargers> {
    return new OperatedChargers(await startTestPlatform());
  }

  get ocppUrl(): string {
    return this.#platform.ocppUrl;
  }

  /** Where others find the platform. */
  get address(): Pick<TestPlatform, "ocppUrl" | "httpUrl" | "operatorKey"> {
    const { ocppUrl, httpUrl, operatorKey } = this.#platform;
    return { ocppUrl, httpUrl, operatorKey };
  }

  /** A new charger, registered, connected and accepted. Its tokens are CARD1 and CARD2. */
  async connect(
    identity: string,
    protocol: Version,
    { password, pace }: ChargerOptions = {},
  ): Promise<VirtualCharger> {
    await this.#platform.rest.importStations([{
      id: identity,
      securityProfile: password === undefined ? 0 : 1,
      quiet: false,
      ...(password === undefined ? {} : { password }),
    }]);
    await this.#platform.rest.importTokens(
      ["CARD1", "CARD2"].map((uid) => ({ uid, status: "Accepted", concurrentSessions: 0 })),
    );
    const charger = new VirtualCharger({
      url: this.#platform.ocppUrl,
      identity,
      protocol,
      random: new SimRandom(7),
      meterIntervalSeconds: 1,
      backOff: { minimumMs: 20, doublings: 0, randomMs: 0 },
      ...(password === undefined ? {} : { password }),
      ...(pace === undefined ? {} : { clock: pacedClock(systemClock(), pace) }),
    });
    this.#chargers.push(charger);
    charger.start();
    await until(() => Promise.resolve(charger.isOnline), Boolean, `${identity} is online`);
    return charger;
  }

  /** Carries a typed command to its end. */
  async command(stationId: string, kind: string, body: unknown): Promise<Command> {
    const path = `/stations/${stationId}/commands/${kind}`;
    const asked = await this.rest.post<Command>(path, body);
    assert.equal(asked.status, 202, JSON.stringify(asked.body));
    return await this.settled(asked.body.id);
  }

  /** A command that ends as wanted. */
  async commanded(
    stationId: string,
    kind: string,
    order: { readonly body: unknown; readonly status?: string },
  ): Promise<Command> {
    const command = await this.command(stationId, kind, order.body);
    assert.equal(command.status, order.status ?? "accepted", JSON.stringify(command));
    return command;
  }

  settled(commandId: string): Promise<Command> {
    return until(
      async () => (await this.rest.get<Command>(`/commands/${commandId}`)).body,
      ({ status }) => settled.has(status),
      `command ${commandId} has ended`,
    );
  }

  /** What GET answers once `isMet` holds of it. */
  async shown(path: string, isMet: (body: Payload) => boolean): Promise<Payload> {
    const answer = await until<RestAnswer>(
      () => this.rest.get(path),
      ({ body }) => isMet(body),
      `GET ${path} shows it`,
    );
    return answer.body;
  }

  /** The first item of a list of which `isMet` holds. */
  async item(path: string, isMet: (item: Payload) => boolean): Promise<Payload> {
    const items = await until(
      () => this.rest.list(path),
      (all) => all.some(isMet),
      `GET ${path} lists it`,
    );
    return items.find(isMet) ?? {};
  }

  async close(): Promise<void> {
    await Promise.all(this.#chargers.map((charger) => charger.stop()));
    await this.#platform.close();
  }
}

/** What `read` gives once `isMet` holds of it; rejects, with what it gave last, after a while. */
export async function until<Value>(
  read: () => Promise<Value> | Value,
  isMet: (value: Value) => boolean,
  what: string,
): Promise<Value> {
  const endsAtMs = performance.now() + WAIT_MS_MAX;
  let seen = await read();
  while (!isMet(seen)) {
    if (performance.now() > endsAtMs) {
      throw new Error(`Cannot see that ${what}: ${JSON.stringify(seen)?.slice(0, 1_000)}`);
    }
    // deno-lint-ignore no-await-in-loop -- polling
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    // deno-lint-ignore no-await-in-loop
    seen = await read();
  }
  return seen;
}
