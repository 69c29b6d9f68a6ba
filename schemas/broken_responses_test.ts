/** What typed commands make of responses that break their schema: an outcome, whatever comes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenCommands, type BrokenMessage } from "./broken_payloads_testing.ts";
import { type CommandOutcome, outcomeOfStatus } from "./command.ts";
import { ocppProtocols } from "./events/gateway.ts";
import { commands16 } from "./ocpp16/commands.ts";
import { commands2 } from "./ocpp201/commands.ts";
import { stationCommands } from "./station_commands/mod.ts";

type ToOutcome = (response: unknown) => CommandOutcome;

const basicKinds = [
  "remote-start",
  "remote-stop",
  "reset",
  "unlock",
  "trigger",
  "availability",
] as const;

const readers: readonly (readonly [string, ToOutcome])[] = [
  ["outcomeOfStatus", outcomeOfStatus],
  ...basicKinds.flatMap((kind): [string, ToOutcome][] => [
    [`1.6 ${kind}`, (response) => commands16.toOutcome(kind, response)],
    [`2.x ${kind}`, (response) => commands2.toOutcome(kind, response)],
  ]),
  ...Object.entries(stationCommands).flatMap(([kind, { toOutcome }]): [string, ToOutcome][] =>
    toOutcome === undefined ? [] : [[kind, toOutcome]]
  ),
];

const broken: readonly BrokenMessage[] = ocppProtocols.flatMap((protocol) =>
  brokenCommands(protocol, "response")
);

test("every typed command has an outcome for every broken response", () => {
  for (const [name, toOutcome] of readers) {
    for (const { action, rule, pointer, payload } of broken) {
      const outcome = toOutcome(payload);
      const place = `${name} of ${action} ${rule} ${pointer}: ${JSON.stringify(outcome)}`;
      assert.ok(["accepted", "rejected"].includes(outcome.status), place);
      assert.equal(typeof outcome.reason, "string", place);
      const { transactionId } = outcome;
      assert.ok(transactionId === null || typeof transactionId === "string", place);
    }
  }
});

test("a response without a readable status is no acceptance", () => {
  const unreadable = broken.filter(({ pointer }) => pointer === "/status");
  assert.ok(unreadable.length > 100);
  for (const { action, rule, payload } of unreadable) {
    const { status } = outcomeOfStatus(payload);
    assert.equal(status, "rejected", `${action} ${rule} ${JSON.stringify(payload)}`);
    for (const kind of basicKinds) {
      assert.equal(commands16.toOutcome(kind, payload).status, "rejected", `1.6 ${kind}`);
      assert.equal(commands2.toOutcome(kind, payload).status, "rejected", `2.x ${kind}`);
    }
  }
});
