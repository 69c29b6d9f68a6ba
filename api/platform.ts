import type { Actors } from "#engine/ports/actors.ts";
import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Random } from "#engine/ports/random.ts";
import type { SealedFor } from "#engine/sealed_text.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import type { PasswordRecord } from "#schemas/events/gateway.ts";
import type { CallOutcomes } from "./call_outcomes.ts";
import type { EventStream } from "./event_stream.ts";
import type { Tenants } from "./ports/rows.ts";
import type { WebhookDoor } from "./webhooks/start_webhooks.ts";

/** Everything that routes reach the world by. */
export interface Platform {
  readonly tenants: Tenants;
  readonly actors: Actors;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly outcomes: CallOutcomes;
  readonly events: EventStream;
  readonly webhooks: WebhookDoor;
  /** How a station's password is kept. */
  readonly passwordRecord: (password: string) => Promise<PasswordRecord>;
  /** Seals what only the platform's processes may read. */
  readonly sealText: (text: string, owner: SealedFor) => string;
  /** A password that nobody can guess; the same again for the same request. */
  readonly drawPassword: (requestId: string) => string;
  /** Names of what is missing; empty = ready. */
  readonly readiness: () => Promise<readonly string[]> | readonly string[];
}
