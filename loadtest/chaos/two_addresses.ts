import { randomUUID } from "node:crypto";
import { systemClock } from "#engine/adapters/system_clock.ts";
import type { PlatformRest } from "../platform_rest.ts";
import { wait } from "../paced_clock.ts";

const clock = systemClock();
/** One request each, from when it was due: a slow platform gets no pause. */
const EVERY_MS = 50;
const RETRY_AFTER_MS = 200;
/** These say: try again. */
const transient: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export interface RestCounts {
  readonly requests: number;
  readonly retried: number;
  /** What failed at both tries. */
  readonly failures: readonly string[];
}

/** What a request brought: its status, or why there is none. */
type Outcome = { readonly status: number } | { readonly error: string };

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** What a good answer says. */
  readonly status: number;
}

/**
 * A simple client of the REST API that knows two addresses: each request that fails goes once more,
 * to the other one. Half of them read, half of them write.
 */
export class TwoAddressClient {
  readonly #rests: readonly PlatformRest[];
  readonly #stations: readonly string[];
  readonly #running = new Set<Promise<void>>();
  readonly #failures: string[] = [];
  #requests = 0;
  #retried = 0;
  #isStopped = false;

  constructor(rests: readonly PlatformRest[], stations: readonly string[]) {
    this.#rests = rests;
    this.#stations = stations;
  }

  /** Asks until `stop`. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      const asked = this.#ask(this.#next(this.#requests++));
      this.#running.add(asked);
      asked.finally(() => this.#running.delete(asked));
      // deno-lint-ignore no-await-in-loop -- paced
      await wait(clock, EVERY_MS);
    }
    await Promise.all(this.#running);
  }

  stop(): void {
    this.#isStopped = true;
  }

  get counts(): RestCounts {
    const failures = [...this.#failures];
    return { requests: this.#requests, retried: this.#retried, failures };
  }

  #next(number: number): Request {
    const station = encodeURIComponent(this.#stations[number % this.#stations.length] ?? "");
    switch (number % 4) {
      case 0:
        return { method: "GET", path: `/api/v1/stations/${station}`, status: 200 };
      case 1: {
        const body = { id: `ROLL-${randomUUID()}`, securityProfile: 0, quiet: true };
        return { method: "POST", path: "/api/v1/stations", body, status: 201 };
      }
      case 2:
        return { method: "GET", path: "/api/v1/sessions?limit=20", status: 200 };
      default:
        return { method: "POST", path: `/api/v1/stations/${station}/close-stale`, status: 200 };
    }
  }

  async #ask(request: Request): Promise<void> {
    const first = this.#requests % this.#rests.length;
    const key = randomUUID();
    const outcome = await this.#attempt(first, request, key);
    if (isGood(outcome, request)) return;
    const mayRetry = "error" in outcome || transient.has(outcome.status);
    if (mayRetry) {
      this.#retried++;
      await wait(clock, RETRY_AFTER_MS);
      const second = await this.#attempt((first + 1) % this.#rests.length, request, key);
      if (isGood(second, request)) return;
      return this.#noteFailure(request, outcome, second);
    }
    this.#noteFailure(request, outcome);
  }

  async #attempt(place: number, request: Request, key: string): Promise<Outcome> {
    const { method, path, body } = request;
    try {
      const response = await this.#rests[place]?.request(method, path, {
        ...(body === undefined ? {} : {
          body: JSON.stringify(body),
          contentType: "application/json",
        }),
        ...(method === "POST" ? { idempotencyKey: key } : {}),
      });
      await response?.text();
      return response === undefined ? { error: "no address" } : { status: response.status };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  #noteFailure({ method, path }: Request, ...outcomes: readonly Outcome[]): void {
    const told = outcomes.map((one) => "error" in one ? one.error : String(one.status));
    this.#failures.push(`${method} ${path}: ${told.join(", then ")}`);
  }
}

function isGood(outcome: Outcome, { status }: Request): boolean {
  return "status" in outcome && outcome.status === status;
}
