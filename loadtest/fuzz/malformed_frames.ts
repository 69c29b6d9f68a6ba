import { Buffer } from "node:buffer";
import type { SimRandom } from "#engine/sim/sim_random.ts";
import { maskedFrame, textFrame } from "../load/frame_template.ts";

/**
 * Frames that no good charger sends, by seed. Each is the bytes of one or more WebSocket frames.
 */

export type FrameKind = keyof typeof makers;

export interface BadFrame {
  readonly kind: FrameKind;
  readonly bytes: Buffer;
}

const BINARY = 0x82;
const PING = 0x89;
const NESTED_LEVELS_MAX = 20_000;
const OVERSIZED_BYTES_MAX = 1_500_000;
const actions = [
  "BootNotification",
  "Heartbeat",
  "StatusNotification",
  "MeterValues",
  "StartTransaction",
  "StopTransaction",
  "TransactionEvent",
  "Authorize",
  "DataTransfer",
  "NotifyReport",
];

type Maker = (random: SimRandom) => Buffer;

const makers = {
  noJson: (random) => textFrame(scribble(random, 1 + random.integer(300))),
  cutJson: (random) => {
    const text = goodCall(random);
    return textFrame(text.slice(0, random.integer(text.length)));
  },
  noArray: (random) => textFrame(pick(random, ["{}", "null", "5", `"CALL"`, "true", "[]", "[[]]"])),
  badType: (random) => textFrame(`[${badValue(random)},"${random.uuid()}","Heartbeat",{}]`),
  badId: (random) => textFrame(`[2,${badValue(random)},"Heartbeat",{}]`),
  shortFrame: (random) =>
    textFrame(pick(random, [`[2]`, `[2,"a"]`, `[2,"a","Heartbeat"]`, `[3]`, `[4]`])),
  longFrame: (random) =>
    textFrame(`[2,"${random.uuid()}","Heartbeat",{}${`,{}`.repeat(1 + random.integer(500))}]`),
  unknownAction: (random) =>
    textFrame(`[2,"${random.uuid()}",${JSON.stringify(scribble(random, 20))},{}]`),
  wrongTypes: (random) =>
    textFrame(`[2,"${random.uuid()}","${pick(random, actions)}",${badPayload(random)}]`),
  badPayload: (random) =>
    textFrame(`[2,"${random.uuid()}","${pick(random, actions)}",${badValue(random)}]`),
  nested: (random) => {
    const levels = 1 + random.integer(NESTED_LEVELS_MAX);
    const [open, close] = pick(random, [["[", "]"], [`{"a":`, "}"]] as const);
    const inner = `${open.repeat(levels)}1${close.repeat(levels)}`;
    return textFrame(`[2,"${random.uuid()}","DataTransfer",{"vendorId":"x","data":${inner}}]`);
  },
  nulCharacters: (random) =>
    textFrame(
      `[2,"${random.uuid()}","Authorize",{"idTag":"${
        pick(random, ["\\u0000", "\\ud800", "\\udc00a", "\\u0000\\u0000"])
      }"}]`,
    ),
  wildNumbers: (random) =>
    textFrame(
      `[2,"${random.uuid()}","StartTransaction",{"connectorId":${
        pick(random, ["1e999", "-1e999", "1e-400", "9007199254740993", "-0", "1.5"])
      },"idTag":"A","meterStart":${pick(random, ["1e308", "-5", "3.7", "99999999999999999999"])},` +
        `"timestamp":"${pick(random, ["", "yesterday", "2026-13-45T99:99:99Z", "0"])}"}]`,
    ),
  pollution: (random) =>
    textFrame(
      `[2,"${random.uuid()}","${pick(random, actions)}",{"__proto__":{"status":"Accepted"},` +
        `"constructor":{"prototype":{"x":1}}}]`,
    ),
  unaskedAnswer: (random) =>
    textFrame(
      pick(random, [
        `[3,"${random.uuid()}",{"status":"Accepted"}]`,
        `[4,"${random.uuid()}","InternalError","",{}]`,
        `[3,"${random.uuid()}",${badValue(random)}]`,
        `[4,"${random.uuid()}"]`,
      ]),
    ),
  binary: (random) => maskedFrame(noise(random, 1 + random.integer(400)), BINARY),
  badUtf8: (random) => maskedFrame(Buffer.from([0xff, 0xc0, 0x80, random.integer(256)])),
  emptyFrame: () => maskedFrame(Buffer.alloc(0)),
  oversized: (random) =>
    textFrame(
      `[2,"${random.uuid()}","DataTransfer",{"vendorId":"${
        "x".repeat(70_000 + random.integer(OVERSIZED_BYTES_MAX))
      }"}]`,
    ),
  /** Many good CALLs at once without waiting for an answer. */
  flood: (random) =>
    Buffer.concat(
      Array.from({ length: 20 }, () => textFrame(`[2,"${random.uuid()}","Heartbeat",{}]`)),
    ),
  pings: (random) =>
    Buffer.concat(
      Array.from({ length: 20 }, () => maskedFrame(noise(random, random.integer(126)), PING)),
    ),
  /** Breaches of RFC 6455: reserved bits, unknown opcodes, no mask, a length without its bytes. */
  badWebSocket: (random) =>
    pick(random, [
      maskedFrame(noise(random, 10), 0xf1),
      maskedFrame(noise(random, 10), 0x83),
      maskedFrame(noise(random, 10), 0x80),
      Buffer.from([0x81, 0x05, 0x68, 0x65, 0x6c, 0x6c, 0x6f]),
      Buffer.from([0x81, 0xff, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]),
      noise(random, 64),
    ]),
} as const satisfies Record<string, Maker>;

/**
 * How often each kind comes; what closes its socket or is large is rare, or nothing else would
 * pass.
 */
const weights: Partial<Record<FrameKind, number>> = {
  oversized: 0.05,
  badWebSocket: 0.05,
  badUtf8: 0.05,
  nested: 0.3,
  flood: 0.3,
  pings: 0.3,
};

export const frameKinds: readonly FrameKind[] = kindsOf(makers);

const totalWeight = frameKinds.reduce((sum, kind) => sum + (weights[kind] ?? 1), 0);

export function badFrame(random: SimRandom): BadFrame {
  let left = random.fraction() * totalWeight;
  for (const kind of frameKinds) {
    left -= weights[kind] ?? 1;
    if (left < 0) return { kind, bytes: makers[kind](random) };
  }
  return { kind: "noJson", bytes: makers.noJson(random) };
}

/**
 * After these the server hangs up (RFC 6455, 7.1.7): what is written behind them reaches nobody.
 */
export const closingKinds: ReadonlySet<FrameKind> = new Set([
  "oversized",
  "badWebSocket",
  "badUtf8",
]);

/** How many CALLs and pings one frame of this kind stands for. */
export function framesIn(kind: FrameKind): number {
  return kind === "flood" || kind === "pings" ? 20 : 1;
}

function kindsOf<Key extends string>(record: Readonly<Record<Key, unknown>>): readonly Key[] {
  return Object.keys(record).filter((key): key is Key => key in record);
}

function pick<Item>(random: SimRandom, items: readonly [Item, ...Item[]] | readonly Item[]): Item {
  const item = items[random.integer(items.length)];
  if (item === undefined) throw new RangeError("Cannot pick from an empty list");
  return item;
}

/** Text of any characters, quotes and escapes included. */
function scribble(random: SimRandom, length: number): string {
  return Array.from({ length }, () => String.fromCharCode(32 + random.integer(400))).join("");
}

function noise(random: SimRandom, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.integer(256)));
}

function goodCall(random: SimRandom): string {
  return `[2,"${random.uuid()}","StatusNotification",{"connectorId":1,"errorCode":"NoError",` +
    `"status":"Available","timestamp":"2026-01-01T00:00:00Z"}]`;
}

/** A JSON value where another type belongs. */
function badValue(random: SimRandom): string {
  return pick(random, [
    "null",
    "true",
    "-1",
    "7",
    "1e300",
    `"x"`,
    `""`,
    "[]",
    "{}",
    `"${"y".repeat(500)}"`,
    `{"a":[1,{"b":null}]}`,
  ]);
}

function badPayload(random: SimRandom): string {
  const names = [
    "connectorId",
    "status",
    "errorCode",
    "idTag",
    "meterStart",
    "timestamp",
    "meterValue",
    "transactionId",
    "chargingStation",
    "eventType",
    "seqNo",
    "transactionInfo",
    "evse",
    scribble(random, 8),
  ];
  const fields = Array.from(
    { length: random.integer(8) },
    () => `${JSON.stringify(pick(random, names))}:${badValue(random)}`,
  );
  return `{${fields.join(",")}}`;
}
