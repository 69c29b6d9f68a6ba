/**
 * The test that walks a catalogue of station messages and its pairs; called by each version's
 * `mod_test.ts`.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { PlatformError } from "./errors.ts";
import type { OcppProtocol } from "./events/gateway.ts";
import type { StationMessage } from "./message.ts";
import { actionsOf, maySend } from "./ocpp_actions.ts";
import { judgeRequest, judgeResponse } from "./ocpp_schemas.ts";
import { forSeeds, type Seeded } from "./seeded_testing.ts";

/** 2026-11-22T12:00:00Z: what `now` is in all pairs. */
export const pairsNow = 1_795_348_800_000;

type Payload = Readonly<Record<string, unknown>>;
type Case =
  | {
    readonly request: Payload;
    readonly event: Payload & { readonly type: string };
    readonly reply: Payload;
    readonly response: Payload;
  }
  | { readonly request: Payload; readonly throws: string };
interface PairFile {
  readonly cases: readonly Case[];
  /** A payload that the official schema must refuse. */
  readonly refused: Payload;
}

export interface CatalogueUnderTest {
  readonly protocol: OcppProtocol;
  readonly catalogue: Readonly<Record<string, StationMessage>>;
  /** Folders that hold `<action>.ts` and `testdata/<action>.json`. */
  readonly folders: readonly URL[];
}

export function testCatalogue(under: CatalogueUnderTest): void {
  const { protocol, catalogue } = under;
  const files = under.folders.flatMap((folder) => messageFiles(folder));

  test(`${protocol} catalogue holds every message that a station sends, one file each`, () => {
    const stationActions = [...actionsOf(protocol).values()]
      .filter((action) => maySend(action, "station"))
      .map(({ action }) => action);
    assert.deepEqual(Object.keys(catalogue).toSorted(), stationActions.toSorted());
    assert.deepEqual(
      Object.keys(catalogue).map(fileName).toSorted(),
      files.map(({ name }) => name).toSorted(),
    );
    for (const [action, message] of Object.entries(catalogue)) assert.equal(message.action, action);
  });

  for (const [action, message] of Object.entries(catalogue)) {
    const file = files.find(({ name }) => name === fileName(action));
    test(`${protocol} ${action} means what its pairs say`, () => {
      const pairs = pairsOf(file);
      for (const each of pairs.cases) checkCase(under, message, each);
      assert.notEqual(judgeRequest(protocol, action, pairs.refused, "received"), "clean");
    });
    test(`${protocol} ${action} is translated whatever the edge lets pass`, () => {
      const { cases } = pairsOf(file);
      forSeeds(MUTATIONS, (random) => {
        checkMutation(under, message, mutated(random, random.pick(cases).request));
      });
    });
  }
}

function pairsOf(file: MessageFile | undefined): PairFile {
  assert.ok(file !== undefined, "a file with pairs is missing");
  return JSON.parse(
    readFileSync(new URL(`testdata/${file.name}.json`, file.folder), "utf8"),
  ) as PairFile;
}

/** Enough to change each leaf of a payload in several ways. */
const MUTATIONS = 60;

/** Values that stations have sent, or could. */
const oddities: readonly unknown[] = [
  "",
  "0",
  "-1",
  "odd",
  "constructor",
  "__proto__",
  "2026-11-22T12:00:00",
  "1970-01-01T00:00:00+14:00",
  0,
  -1,
  2_147_483_647,
  1e300,
  0.1,
  true,
  {},
  [],
];

/** The payload with one part changed or left out. */
function mutated(random: Seeded, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return random.pick(oddities);
  const parts = Object.entries(value);
  if (parts.length === 0 || random.happens(0.05)) return random.pick(oddities);
  const [name] = random.pick(parts);
  if (Array.isArray(value)) {
    return value.map((part, index) => String(index) === name ? mutated(random, part) : part);
  }
  const isDropped = random.happens(0.2);
  return Object.fromEntries(
    parts.filter(([key]) => key !== name || !isDropped)
      .map(([key, part]) => [key, key === name ? mutated(random, part) : part]),
  );
}

/** A payload that passes the edge becomes an event that survives the journal's JSON. */
function checkMutation(
  { protocol }: CatalogueUnderTest,
  message: StationMessage,
  payload: unknown,
): void {
  const verdict = judgeRequest(protocol, message.action, payload, "received");
  if (typeof verdict !== "string") return;
  try {
    const event = message.toEvent(payload, pairsNow);
    assert.deepEqual(JSON.parse(JSON.stringify(event)), event, JSON.stringify(payload));
  } catch (thrown) {
    if (!(thrown instanceof PlatformError && thrown.kind === "unsupported")) throw thrown;
  }
}

function checkCase({ protocol }: CatalogueUnderTest, message: StationMessage, each: Case): void {
  const { action } = message;
  assert.equal(judgeRequest(protocol, action, each.request, "received"), "clean");
  if ("throws" in each) {
    const isKind = (thrown: unknown): boolean =>
      thrown instanceof PlatformError && thrown.kind === each.throws;
    assert.throws(() => message.toEvent(each.request, pairsNow), isKind);
    return;
  }
  const event = each.event.type === "Notice"
    ? { type: "Notice", action, payload: each.request }
    : each.event;
  assert.deepEqual(message.toEvent(each.request, pairsNow), event);
  const response = message.toResponse(each.reply);
  // As text: some stations compare field order with the standard's tables.
  assert.equal(JSON.stringify(response), JSON.stringify(each.response));
  const isAnswered = actionsOf(protocol).get(action)?.kind === "CALL";
  if (isAnswered) assert.equal(judgeResponse(protocol, action, response, "sent"), "clean");
}

const sharedFiles = new Set(["mod", "datatypes", "commands"]);

interface MessageFile {
  readonly name: string;
  readonly folder: URL;
}

function messageFiles(folder: URL): MessageFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts"))
    .map((name) => ({ name: name.slice(0, -3), folder }))
    .filter(({ name }) => !sharedFiles.has(name));
}

/** `NotifyEVChargingNeeds` → `notify_ev_charging_needs`. */
export function fileName(action: string): string {
  return action
    .replaceAll(/([a-z])([A-Z0-9])|([A-Z0-9])([A-Z][a-z])/g, "$1$3_$2$4")
    .replace("15118EV", "15118_EV")
    .toLowerCase();
}
