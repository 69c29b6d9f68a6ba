/** What the stream of facts holds behind a sequence, with the journal rows that it came from. */
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connectNats } from "#engine/adapters/nats_connection.ts";
import type { Telemetry } from "#engine/telemetry.ts";

export interface StreamedFact {
  readonly sequence: number;
  readonly subject: string;
  readonly shard: number;
  readonly seq: number;
  /** The fact as it was published, JSON. */
  readonly text: string;
}

export interface FactTail {
  /** 0 when there is no stream. */
  readonly lastSequence: number;
  /** Newest revision of the map of members; 0 when there is none. */
  readonly membersRevision: number;
  /** In the order of the stream. */
  facts(): AsyncGenerator<StreamedFact>;
  close(): Promise<void>;
}

const READS_AT_ONCE = 64;
const ANSWER_MS_MAX = 5_000;
const FACTS = "FACTS";
const MEMBERS = "KV_MEMBERS";

/** Changes nothing, also where there is no stream. Rejects when NATS cannot be reached. */
export async function openFactTail(
  options: { readonly natsUrl: string; readonly after: number; readonly telemetry: Telemetry },
): Promise<FactTail> {
  const { natsUrl: url, after, telemetry } = options;
  const link = await connectNats({ url, name: "statewatt reconcile", telemetry });
  try {
    const manager = await jetstreamManager(link.connection, { timeout: ANSWER_MS_MAX });
    const states = new Map<string, { readonly first: number; readonly last: number }>();
    for await (const { config, state } of manager.streams.list()) {
      states.set(config.name, { first: state.first_seq, last: state.last_seq });
    }
    const { first = 0, last = 0 } = states.get(FACTS) ?? {};
    return {
      lastSequence: last,
      membersRevision: states.get(MEMBERS)?.last ?? 0,
      facts: () => readFacts(manager, Math.max(after + 1, first), last),
      close: () => link.close(),
    };
  } catch (thrown) {
    await link.close();
    throw thrown;
  }
}

async function* readFacts(
  manager: JetStreamManager,
  first: number,
  last: number,
): AsyncGenerator<StreamedFact> {
  for (let next = first; next <= last; next += READS_AT_ONCE) {
    const count = Math.min(READS_AT_ONCE, last - next + 1);
    // deno-lint-ignore no-await-in-loop -- bounded reads, one block after the other
    const messages = await Promise.all(
      Array.from(
        { length: count },
        (_, index) => manager.streams.getMessage(FACTS, { seq: next + index }),
      ),
    );
    for (const message of messages) {
      const key = /^(\d+):(\d+):\d+$/.exec(message?.header.get("Nats-Msg-Id") ?? "");
      if (message === null || key === null) continue;
      const { seq: sequence, subject } = message;
      yield {
        sequence,
        subject,
        shard: Number(key[1]),
        seq: Number(key[2]),
        text: message.string(),
      };
    }
  }
}
