import { randomUUID } from "node:crypto";
import { actorsOverBus } from "#engine/actor_client.ts";
import { NatsBus } from "#engine/adapters/nats_bus.ts";
import { connectNats, type NatsLink } from "#engine/adapters/nats_connection.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { inTime } from "#engine/in_time.ts";
import type { Actors } from "#engine/ports/actors.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { defaultTenant, stationKey } from "#schemas/address.ts";
import { wait } from "../paced_clock.ts";
import { type ProbeResult, resultOf } from "./probe_result.ts";

const clock = systemClock();
/** What nobody has answered by then is asked anew: it may have been lost on its way. */
const ASK_MS_MAX = 500;
const RETRY_MS = 50;
const PATIENCE_MS = 120_000;

/** Asks the actors of every shard over the bus, as an api does, for something that they commit. */
export class ActorProbe {
  readonly #identities: readonly string[];
  readonly #link: NatsLink;
  readonly #bus: NatsBus;
  readonly #actors: Actors;

  /** `identities`: a registered station of each shard. */
  static async open(natsUrl: string, identities: readonly string[]): Promise<ActorProbe> {
    const telemetry = silentTelemetry(clock);
    const link = await connectNats({ url: natsUrl, name: "chaos probe", telemetry });
    return new ActorProbe(identities, link);
  }

  private constructor(identities: readonly string[], link: NatsLink) {
    this.#identities = identities;
    this.#link = link;
    this.#bus = new NatsBus({ clock, telemetry: silentTelemetry(clock), link });
    this.#actors = actorsOverBus(this.#bus, identities.length, clock);
  }

  /** Asks all at once, each again and again until it has answered. */
  async run(): Promise<ProbeResult> {
    return resultOf(
      await Promise.all(this.#identities.map((identity) => this.#msUntilAnswer(identity))),
    );
  }

  async close(): Promise<void> {
    await this.#bus.close();
    await this.#link.close();
  }

  async #msUntilAnswer(identity: string): Promise<number> {
    const to = { tenant: defaultTenant, kind: "charger", key: stationKey(identity) };
    const beganAtMs = clock.monotonic();
    while (clock.monotonic() - beganAtMs < PATIENCE_MS) {
      const header = { type: "station.change", cause: `rest/${randomUUID()}` };
      const body = JSON.stringify({ settings: { tags: [randomUUID()] } });
      try {
        // deno-lint-ignore no-await-in-loop -- an attempt follows the failure of the one before
        await inTime(clock, ASK_MS_MAX, this.#actors.ask(to, header, body, ASK_MS_MAX));
        return clock.monotonic() - beganAtMs;
      } catch {
        // deno-lint-ignore no-await-in-loop
        await wait(clock, RETRY_MS);
      }
    }
    throw new Error(`Cannot go on: no actor answered for ${identity} in two minutes`);
  }
}
