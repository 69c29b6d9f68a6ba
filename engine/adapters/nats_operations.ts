/** The other side of `nats_services.ts`: who operates the platform, from NATS alone. */
import { headers, type Msg, type NatsConnection } from "@nats-io/nats-core";
import { Kvm } from "@nats-io/kv";
import { type ErrorDocument, fromErrorDocument, PlatformError } from "#schemas/errors.ts";
import type { Member } from "../leases.ts";
import type { Clock } from "../ports/clock.ts";
import type { OperationArgs, ProcessStatus } from "../ports/operations.ts";
import type { Random } from "../ports/random.ts";
import { openAnswer, sealRequest } from "../sealed_request.ts";
import type { NatsLink } from "./nats_connection.ts";
import { operationSubject, SEAL_HEADER, sealOf, STATUS } from "./nats_services.ts";

/** Above the longest operation, a drain. */
const ANSWER_MS = 65_000;
/** Members that live answer within this time; who does not is shown as silent. */
const STATS_MS = 2_000;
/**
 * Who was last renewed so long before another one died without a word, and under a name of its
 * own: its key stays for a day, and tells nobody anything.
 */
const LONG_GONE_MS = 10 * 60_000;
/** When all known members have answered, others (apis) may still: they are not in the map. */
const QUIET_MS = 250;

export interface OperatorParts {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly random: Random;
  /** Of the platform; undefined: looking is all that is allowed. */
  readonly key: string | undefined;
  readonly user: string;
  /** Name of our connection to NATS. */
  readonly connectionName: string;
}

/** A process that answered `$SRV.STATS`. */
export interface SeenProcess {
  readonly service: string;
  readonly serviceId: string;
  readonly version: string;
  readonly startedAt: string;
  readonly status: ProcessStatus;
}

interface StatsAnswer {
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly started: string;
  readonly endpoints?: readonly { readonly name: string; readonly data?: unknown }[];
}

/** A member and when NATS took its last renewal. */
export interface Renewed {
  readonly member: Member;
  readonly renewedAt: number;
}

/** Measured against the newest renewal, so that a platform that is down as a whole is still shown. */
export function withoutLongGone(members: readonly Renewed[]): readonly Member[] {
  const newest = Math.max(...members.map(({ renewedAt }) => renewedAt));
  return members.filter(({ renewedAt }) => newest - renewedAt <= LONG_GONE_MS)
    .map(({ member }) => member);
}

export class Operator {
  readonly #parts: OperatorParts;
  readonly #connection: NatsConnection;

  constructor(parts: OperatorParts) {
    this.#parts = parts;
    this.#connection = parts.link.connection;
  }

  /** Workers and gateways as the map of members has them; also those that died lately. */
  async members(): Promise<readonly Member[]> {
    const bucket = await new Kvm(this.#connection).open("MEMBERS");
    const members: Renewed[] = [];
    for await (const key of await bucket.keys()) {
      const entry = await bucket.get(key);
      if (entry === null || entry.operation !== "PUT") continue;
      const record = entry.json<Partial<Member>>();
      if (record.incarnation === undefined) continue;
      members.push({ member: record as Member, renewedAt: entry.created.getTime() });
    }
    return withoutLongGone(members);
  }

  /** Everyone who answers; waits for those that are known, two seconds at most. */
  async processes(known: readonly Member[] = []): Promise<readonly SeenProcess[]> {
    const seen = new Map<string, SeenProcess>();
    const awaited = new Set(
      known.map(({ kind, id, incarnation }) => lifeOf(kind, id, incarnation)),
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    const { clock } = this.#parts;
    const cancelAll = clock.schedule(STATS_MS, resolve);
    let cancelQuiet = (): void => {};
    const take = (message: Msg): void => {
      const process = readStats(message);
      if (process === undefined) return;
      seen.set(process.status.id, process);
      for (const life of livesOf(process.status)) awaited.delete(life);
      cancelQuiet();
      if (awaited.size === 0) cancelQuiet = clock.schedule(QUIET_MS, resolve);
    };
    const inbox = `_INBOX.${this.#parts.random.uuid().replaceAll("-", "")}`;
    const subscription = this.#connection.subscribe(inbox, {
      callback: (_error, message) => {
        if (message.headers?.code === 503) resolve();
        else take(message);
      },
    });
    this.#connection.publish("$SRV.STATS", "", { reply: inbox });
    await promise;
    cancelAll();
    cancelQuiet();
    subscription.unsubscribe();
    return [...seen.values()];
  }

  /** @throws {PlatformError} the refusal, "unavailable" when the process is not there. */
  async ask(to: string, verb: string, args: OperationArgs): Promise<unknown> {
    const { clock, random, key, user, connectionName } = this.#parts;
    if (key === undefined) {
      const detail = "Cannot operate: set OPS_KEY, or DATA_DIR to the folder of the platform";
      throw new PlatformError("unauthenticated", detail);
    }
    const nonce = random.uuid();
    const about = { verb, to, args, user, connection: connectionName, at: clock.now(), nonce };
    const { text, seal } = sealRequest(about, key);
    const head = headers();
    head.set(SEAL_HEADER, seal);
    const options = { timeout: ANSWER_MS, headers: head };
    const answer = await this.#connection.request(operationSubject(to, verb), text, options)
      .catch((cause) => {
        throw new PlatformError("unavailable", `Cannot reach the process ${to}: no answer`, {
          cause,
        });
      });
    return readAnswer(answer, nonce, key);
  }
}

function readAnswer(message: Msg, nonce: string, key: string): unknown {
  const seal = sealOf(message);
  const text = message.string();
  // Who is not let in is told so without a seal.
  const opened = seal === "" ? text : openAnswer({ text, seal }, nonce, key);
  const answer = JSON.parse(opened) as { error?: ErrorDocument; value?: unknown };
  if (answer.error !== undefined) throw fromErrorDocument(answer.error);
  if (seal !== "") return answer.value;
  throw new PlatformError("unauthenticated", "Cannot trust the answer: it has no seal");
}

function readStats(message: Msg): SeenProcess | undefined {
  const stats = message.json<StatsAnswer>();
  const endpoint = stats.endpoints?.find(({ name }) => name === STATUS);
  if (!stats.name.startsWith("statewatt-") || endpoint?.data === undefined) return undefined;
  return {
    service: stats.name,
    serviceId: stats.id,
    version: stats.version,
    startedAt: stats.started,
    status: endpoint.data as ProcessStatus,
  };
}

function lifeOf(kind: string, id: string, incarnation: string): string {
  return kind === "worker" ? `worker ${id}` : `${kind} ${incarnation}`;
}

/** Which members a process is: all-in-one is a worker and a gateway. */
export function livesOf(status: ProcessStatus): readonly string[] {
  return [
    ...(status.worker === undefined ? [] : [lifeOf("worker", status.worker, "")]),
    ...(status.gateway === undefined ? [] : [lifeOf("gateway", status.id, status.id)]),
  ];
}
