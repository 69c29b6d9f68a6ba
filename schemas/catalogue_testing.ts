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
      assert.ok(file !== undefined, `testdata for ${action} is missing`);
      const pairs = JSON.parse(
        readFileSync(new URL(`testdata/${file.name}.json`, file.folder), "utf8"),
      ) as PairFile;
      for (const each of pairs.cases) checkCase(under, message, each);
      assert.notEqual(judgeRequest(protocol, action, pairs.refused, "received"), "clean");
    });
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

function messageFiles(folder: URL): { readonly name: string; readonly folder: URL }[] {
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
