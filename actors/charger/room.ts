/** Whether a station has room for one more command: all that it may become can be stored. */
import { stationCommandOf } from "#schemas/station_commands/mod.ts";
import {
  AWAITED_MAX,
  type AwaitedStart,
  type ChargerContext,
  type CommandRecord,
  FINISHED_MAX,
  type FinishedCommand,
  SPENT_MAX,
} from "./context.ts";
import { PASSWORDS_OPEN_MAX } from "./blocks/passwords.ts";
import { PAST_WHEN_CROWDED, STORED_MAX, storedOf } from "./snapshot.ts";

const BODIES_MAX = 2_000;
/** Beats leave no trace, and a step must not depend on them: it counts as long as it can be. */
const TIME_LONGEST = 9_999_999_999_999;
const HASH_LONGEST = 4_294_967_295;
const TOKEN_LONGEST = "x".repeat(36);
const EVSE_LONGEST = 99_999;
const PART_LONGEST = 9_999;
/** Of the blocks that go on when a station connects. */
const BLOCK_LONGEST = "x".repeat(30);
/** As the versions of OCPP word the same command. */
const ACTION_LENGTH_MAX = 23;
/** Of the connection that a queued command waits for. */
const LINK_LENGTH_MAX = 400;
/** Of a session, where none is yet. */
const OPEN_LENGTH_MAX = 150;
/** Of the record of a password that is being changed. */
const PASSWORD_LENGTH_MAX = 160;
/** A station may run sessions while its commands wait. */
const SESSIONS_MIN = 2;

/** Whether a charger with these commands can be stored, now and when they are sent and have ended. */
export function fits(context: ChargerContext, commands: ChargerContext["commands"]): boolean {
  const bodies = commands.flatMap(({ body }) => body === null ? [] : [body]);
  if (bodies.length > 0 && JSON.stringify(bodies).length > BODIES_MAX) return false;
  const { open, connectors, link } = context;
  const sessions = Math.max(0, Math.max(connectors.length, SESSIONS_MIN) - open.length);
  const changes = commands.filter(({ kind }) => kind === "set-password").length;
  const reserved = (link === null ? LINK_LENGTH_MAX : 0) + sessions * OPEN_LENGTH_MAX +
    Math.min(changes, PASSWORDS_OPEN_MAX) * PASSWORD_LENGTH_MAX;
  const stored = JSON.stringify(storedOf(atLongest(context, commands)));
  return stored.length + reserved <= STORED_MAX;
}

function atLongest(context: ChargerContext, commands: readonly CommandRecord[]): ChargerContext {
  const { awaited, finished, spent, key, closed, refused } = context;
  const starts = commands.filter(({ id, kind, status }) =>
    kind === "remote-start" && status === "queued" && !awaited.some((start) => start.id === id)
  );
  const ended = commands.filter(({ isOwn }) => !isOwn);
  const spentCount = Math.min(SPENT_MAX, spent.length + ended.length);
  return {
    ...context,
    heardAt: TIME_LONGEST,
    waiting: [BLOCK_LONGEST],
    closed: closed.slice(-PAST_WHEN_CROWDED),
    refused: refused.slice(-PAST_WHEN_CROWDED),
    commands: commands.map((record) => sentAtLongest(record, key)),
    awaited: longest([...awaited, ...starts.map(awaitedAtLongest)], AWAITED_MAX),
    finished: longest([...finished, ...ended.map(finishedAtLongest)], FINISHED_MAX),
    spent: Array.from({ length: spentCount }, () => HASH_LONGEST),
  };
}

function sentAtLongest(record: CommandRecord, key: string): CommandRecord {
  const isSeries = stationCommandOf(record.kind) !== undefined;
  return {
    ...record,
    ...(isSeries ? { part: PART_LONGEST, parts: PART_LONGEST } : {}),
    action: record.action.padEnd(ACTION_LENGTH_MAX, "x"),
    status: "timedOut",
    deadline: TIME_LONGEST,
    sessionId: record.sessionId ?? (record.kind === "remote-start" ? `${key}~9999999` : null),
  };
}

function awaitedAtLongest(record: CommandRecord): AwaitedStart {
  const { id, action, createdAt, replyTo, batchId, remoteStartId, body } = record;
  const tokenUid = body?.["tokenUid"];
  return {
    id,
    kind: "remote-start",
    action: action.padEnd(ACTION_LENGTH_MAX, "x"),
    status: "accepted",
    createdAt,
    replyTo,
    batchId,
    remoteStartId: remoteStartId ?? 0,
    tokenUid: typeof tokenUid === "string" ? tokenUid : TOKEN_LONGEST,
    evseId: EVSE_LONGEST,
    until: TIME_LONGEST,
  };
}

function finishedAtLongest({ id, kind, action, createdAt }: CommandRecord): FinishedCommand {
  return { id, kind, action, status: "accepted", createdAt };
}

/** Those that take most room. */
function longest<Entry>(entries: readonly Entry[], limit: number): readonly Entry[] {
  const lengthOf = (entry: Entry): number => JSON.stringify(entry).length;
  return [...entries].sort((one, other) => lengthOf(other) - lengthOf(one)).slice(0, limit);
}
