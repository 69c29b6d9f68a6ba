import assert from "node:assert/strict";
import { test } from "node:test";
import { ocppProtocols } from "./events/gateway.ts";
import {
  listCalls,
  type ListChange,
  type ListEntry,
  listLimits,
  listStatuses,
  type ListUpdate,
  listUpdateOf,
} from "./local_list.ts";
import { checkRequest } from "./ocpp_schemas.ts";
import { forSeeds } from "./seeded_testing.ts";
import { limitItem } from "./station_limits.ts";

const types = ["Central", "eMAID", "ISO14443", "KeyCode"] as const;

test("what is worded passes the official schema of its version and is read again as it was", () => {
  forSeeds(150, (random) => {
    for (const protocol of ocppProtocols) {
      const changes = Array.from({ length: random.whole(0, 12) }, (_, index): ListChange => {
        const token = { idToken: `Tag ${index}`, type: random.pick(types) };
        if (random.happens(0.3)) return { ...token, entry: null };
        const entry: ListEntry = {
          ...token,
          status: random.pick(listStatuses),
          expiresAt: random.happens(0.5) ? "2027-01-01T00:00:00.000Z" : null,
          groupId: random.happens(0.5) ? "Group" : null,
        };
        return { ...token, entry };
      });
      const update: ListUpdate = { updateType: "Differential", version: 5, changes };
      const items = random.whole(1, 6);
      const calls = listCalls(update, protocol, { items, bytes: Infinity });
      const heard = calls.flatMap(({ payload }, index) => {
        assert.equal(checkRequest(protocol, "SendLocalList", payload, "sent"), undefined);
        const part = listUpdateOf(payload);
        assert.equal(part?.version, 5 + index);
        assert.ok((part?.changes.length ?? 0) <= items);
        return part?.changes ?? [];
      });
      assert.deepEqual(
        heard.map(({ idToken, entry }) => [idToken, entry === null, entry?.groupId ?? null]),
        changes.map(({ idToken, entry }) => [idToken, entry === null, entry?.groupId ?? null]),
      );
      if (protocol !== "ocpp1.6") {
        assert.deepEqual(heard.map(({ type }) => type), changes.map(({ type }) => type));
        assert.deepEqual(
          heard.map(({ entry }) => entry?.status),
          changes.map(({ entry }) => entry?.status),
        );
      }
    }
  });
});

test("messages keep to the bytes that a station takes, each with one entry at least", () => {
  const token = { type: "ISO14443", status: "Accepted", expiresAt: null, groupId: null };
  const changes = ["A", "B", "C", "D"].map((idToken): ListChange => ({
    idToken,
    type: token.type,
    entry: { idToken, ...token },
  }));
  const update = { updateType: "Full", version: 1, changes } as const;
  for (const bytes of [10, 250, 500]) {
    const calls = listCalls(update, "ocpp2.0.1", { items: 50, bytes });
    for (const { payload } of calls) {
      const count = (payload["localAuthorizationList"] as unknown[]).length;
      assert.ok(count === 1 || JSON.stringify(payload).length <= bytes);
    }
    assert.ok(bytes !== 500 || calls.length < 4);
  }
});

test("how much a station takes is what it says: 1.6 by a key, 2.x by its controller", () => {
  const report = { at: 0, source: "report" } as const;
  const items = [
    limitItem({ variable: "SendLocalListMaxLength" }, { ...report, value: "20" }),
    limitItem({ component: "LocalAuthListCtrlr", variable: "ItemsPerMessage" }, {
      ...report,
      value: "8",
    }),
    limitItem({ component: "LocalAuthListCtrlr", variable: "BytesPerMessage" }, {
      ...report,
      value: "4000",
    }),
  ];
  assert.deepEqual(listLimits(items, "ocpp1.6"), { items: 20, bytes: Infinity });
  assert.deepEqual(listLimits(items, "ocpp2.0.1"), { items: 8, bytes: 4_000 });
  assert.deepEqual(listLimits([], "ocpp2.1"), { items: 50, bytes: Infinity });
});

test("what nobody could use is no update", () => {
  const broken: readonly object[] = [
    {},
    { listVersion: "1", updateType: "Full" },
    { listVersion: 1, updateType: "Partial" },
    { versionNumber: 1, updateType: "Full", localAuthorizationList: [{}] },
    { versionNumber: 1, updateType: "Full", localAuthorizationList: [{ idToken: {} }] },
    { versionNumber: 1, updateType: "Full", localAuthorizationList: "none" },
  ];
  for (const payload of broken) assert.equal(listUpdateOf({ ...payload }), undefined);
});
