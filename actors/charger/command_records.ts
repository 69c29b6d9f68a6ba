import type { CommandRecord } from "./context.ts";

/** A command as a snapshot holds it: without field names, in the order of `CommandRecord`. */
export type StoredCommand = readonly [
  CommandRecord["id"],
  CommandRecord["kind"],
  CommandRecord["action"],
  CommandRecord["status"],
  CommandRecord["createdAt"],
  CommandRecord["deadline"],
  CommandRecord["timeoutMs"],
  CommandRecord["replyTo"],
  CommandRecord["batchId"],
  CommandRecord["body"],
  CommandRecord["remoteStartId"],
  CommandRecord["tokenType"],
  CommandRecord["sessionId"],
  CommandRecord["isOwn"],
];

/** What all commands of a station may take of its snapshot, in characters. */
const STORED_MAX = 4_500;

export function storedCommands(commands: readonly CommandRecord[]): readonly StoredCommand[] {
  return commands.map((record) => [
    record.id,
    record.kind,
    record.action,
    record.status,
    record.createdAt,
    record.deadline,
    record.timeoutMs,
    record.replyTo,
    record.batchId,
    record.body,
    record.remoteStartId,
    record.tokenType,
    record.sessionId,
    record.isOwn,
  ]);
}

/** Inverse of one entry of `storedCommands`. */
export function storedCommand(stored: StoredCommand): CommandRecord {
  const [id, kind, action, status, createdAt, deadline, timeoutMs, replyTo, batchId] = stored;
  const [body, remoteStartId, tokenType, sessionId, isOwn] = [
    stored[9],
    stored[10],
    stored[11],
    stored[12],
    stored[13],
  ] as const;
  const names = { id, kind, action, status, createdAt, deadline, timeoutMs, replyTo, batchId };
  return { ...names, body, remoteStartId, tokenType, sessionId, isOwn };
}

/** Whether so many commands fit a snapshot. */
export function fits(commands: readonly CommandRecord[]): boolean {
  return JSON.stringify(storedCommands(commands)).length <= STORED_MAX;
}
