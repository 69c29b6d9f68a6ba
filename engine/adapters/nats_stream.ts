import {
  JetStreamApiError,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import { errors } from "@nats-io/nats-core";
import type { Clock } from "../ports/clock.ts";

type StreamSettings = Partial<StreamConfig> & { readonly name: string };

/** Of three servers the leader may be away for ten seconds, and one may be restarting besides. */
const AVAILABLE_MS_MAX = 30_000;
const RETRY_MS = 250;
/** JetStream's code while too few servers are there for the replicas asked for. */
const NO_PEERS = 10_005;
const STREAM_NOT_FOUND = 10_059;

/**
 * Does it again while the cluster elects a leader or a server of it is away, for 30 s at most; then
 * throws what was thrown last. Any other error is thrown at once.
 */
export async function whenAvailable<Value>(
  clock: Clock,
  act: () => Promise<Value>,
): Promise<Value> {
  const endsAt = clock.monotonic() + AVAILABLE_MS_MAX;
  while (true) {
    try {
      // deno-lint-ignore no-await-in-loop -- a try follows the failure of the one before
      return await act();
    } catch (error) {
      if (!isUnavailable(error) || clock.monotonic() >= endsAt) throw error;
      // deno-lint-ignore no-await-in-loop
      await new Promise<void>((resolve) => void clock.schedule(RETRY_MS, resolve));
    }
  }
}

/** Nobody has taken the request, or nobody has answered it: no leader, or no connection. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status >= 500 || error.code === NO_PEERS;
  return hasNoLeader(error) || error instanceof errors.TimeoutError ||
    error instanceof errors.RequestError;
}

/** Nobody has taken the request: surely nothing was done. */
export function hasNoLeader(error: unknown): boolean {
  if (error instanceof errors.NoRespondersError) return true;
  return error instanceof Error && hasNoLeader(error.cause);
}

/** A server that is awake again takes itself for the leader until an election has told it. */
const STALE_MS_MAX = 15_000;

/**
 * Whether a stream that seems to end too early has lost its end. Of several replicas a former
 * leader may answer, which knows less than the others: only what is said for 15 s is believed.
 */
export class EndCheck {
  readonly #clock: Clock;
  #shortSince: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws while it is not certain. */
  isLost({ config, state }: StreamInfo, knownLast: number): boolean {
    if (state.last_seq >= knownLast) {
      this.#shortSince = undefined;
      return false;
    }
    const now = this.#clock.monotonic();
    this.#shortSince ??= now;
    if (config.num_replicas <= 1 || now - this.#shortSince >= STALE_MS_MAX) return true;
    throw new Error(
      `Cannot trust the stream ${config.name}: it ends at ${state.last_seq}, ${knownLast} was there`,
    );
  }
}

/**
 * Creates a stream or changes its settings to these. An older server takes settings that it does
 * not know without a word, so that they are read back. Repeatable, also by several at once.
 *
 * @throws when the server does not hold it as asked.
 */
export async function ensureStream(
  manager: JetStreamManager,
  settings: StreamSettings,
): Promise<void> {
  const { storage: _fixed, retention: _also, name, ...changeable } = settings;
  const before = await configOf(manager, name);
  if (before === undefined) await manager.streams.add(settings);
  else if (differences(before, settings).length === 0) return;
  else await manager.streams.update(name, changeable);
  const [found] = differences((await manager.streams.info(name)).config, settings);
  if (found !== undefined) throw new Error(`Cannot use the stream ${name}: ${found}`);
}

/** Changes how many servers hold a stream that is there. */
export async function ensureReplicas(
  manager: JetStreamManager,
  name: string,
  replicas: number,
): Promise<void> {
  await ensureStream(manager, { name, num_replicas: replicas });
}

function differences(config: StreamConfig, settings: StreamSettings): readonly string[] {
  return Object.entries(settings).flatMap(([key, wanted]) => {
    const held: unknown = Reflect.get(config, key);
    if (JSON.stringify(held) === JSON.stringify(wanted)) return [];
    return [`${key} is ${JSON.stringify(held)} instead of ${JSON.stringify(wanted)}`];
  });
}

/** Undefined when there is no such stream; throws when that is not known. */
async function configOf(
  manager: JetStreamManager,
  name: string,
): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
}
