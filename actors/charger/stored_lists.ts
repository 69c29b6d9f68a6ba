/** Lists of a charger as its snapshot holds them: without field names, which are most of the text. */
import type {
  ClosedSession,
  CommandRecord,
  ConnectorRecord,
  OpenSession,
  RefusedStart,
  SocketRecord,
} from "./context.ts";

/** An entry and its stored form. */
interface Codec<Entry, Stored> {
  readonly encode: (entry: Entry) => Stored;
  readonly decode: (stored: Stored) => Entry;
}

/** In the order of the names; decoding gives each its name again. */
function inOrder<Entry extends object>(
  names: readonly (keyof Entry)[],
): Codec<Entry, readonly unknown[]> {
  return {
    encode: (entry) => names.map((name) => entry[name]),
    decode: (stored) =>
      Object.fromEntries(names.map((name, index) => [name, stored[index]])) as Entry,
  };
}

export type StoredConnector = readonly [
  evseId: number,
  connectorId: number,
  status: string,
  reportedAt: number,
  /** Whether `reportedAt` is the station's own time. */
  isOwnTime: 0 | 1,
  errorCode: string | null,
];

export const storedConnector: Codec<ConnectorRecord, StoredConnector> = {
  encode: ({ evseId, connectorId, status, reportedAt, stationAt, errorCode }) => [
    evseId,
    connectorId,
    status,
    reportedAt,
    stationAt === null ? 0 : 1,
    errorCode,
  ],
  decode: ([evseId, connectorId, status, reportedAt, isOwnTime, errorCode]) => ({
    evseId,
    connectorId,
    status,
    errorCode,
    stationAt: isOwnTime === 1 ? reportedAt : null,
    reportedAt,
  }),
};

export const storedOpen = inOrder<OpenSession>([
  "n",
  "transactionId",
  "evseId",
  "connectorId",
  "startDigest",
  "tokenUid",
  "meterStartWh",
  "startedAt",
]);

export const storedClosed = inOrder<ClosedSession>(["n", "transactionId", "startDigest"]);

export const storedRefused = inOrder<RefusedStart>(["transactionId", "startDigest", "status"]);

const storedRecord = inOrder<CommandRecord>([
  "id",
  "kind",
  "action",
  "status",
  "createdAt",
  "deadline",
  "timeoutMs",
  "replyTo",
  "batchId",
  "body",
  "remoteStartId",
  "tokenType",
  "sessionId",
  "isOwn",
  "part",
  "parts",
]);

/** Nearly every command has one CALL: then it is not said. */
export const storedCommand: Codec<CommandRecord, readonly unknown[]> = {
  encode: (record) => {
    const stored = storedRecord.encode(record);
    return record.parts === 1 ? stored.slice(0, -2) : stored;
  },
  decode: (stored) => {
    const record = storedRecord.decode(stored);
    return { ...record, part: record.part ?? 0, parts: record.parts ?? 1 };
  },
};

export const storedSocket = inOrder<SocketRecord>([
  "socket",
  "gateway",
  "epoch",
  "address",
  "openedAt",
  "closedAt",
  "serialNumber",
  "isRival",
]);
