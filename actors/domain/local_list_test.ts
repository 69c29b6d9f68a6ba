import assert from "node:assert/strict";
import { test } from "node:test";
import { LIST_VERSION_MAX, type ListChange, type ListEntry } from "#schemas/local_list.ts";
import { listCalls, listUpdateOf } from "#schemas/local_list.ts";
import { forSeeds, type Seeded } from "#schemas/seeded_testing.ts";
import {
  again,
  applied,
  changed,
  contentHash,
  emptyList,
  givenUp,
  type LocalList,
  nextUpdate,
  overtaken,
  reported,
  taken,
  underWay,
  wished,
} from "./local_list.ts";

const uids = ["A", "b", "C", "d", "E", "f"] as const;

function randomChange(random: Seeded, mayRemove: boolean): ListChange {
  const idToken = random.pick(uids);
  const token = { idToken: random.happens(0.5) ? idToken : idToken.toUpperCase(), type: "Central" };
  if (mayRemove && random.happens(0.4)) return { ...token, entry: null };
  const status = random.pick(["Accepted", "Blocked", "Invalid"]);
  return { ...token, entry: { ...token, status, expiresAt: null, groupId: null } };
}

function randomChanges(random: Seeded, mayRemove: boolean): readonly ListChange[] {
  return Array.from({ length: random.whole(0, 5) }, () => randomChange(random, mayRemove));
}

/** A station as the standard describes it, which may fail, and whose answers may get lost. */
class HeldList {
  entries: readonly ListEntry[] = [];
  version = 0;

  /** "lost before" = it never came; "lost after" = its answer never came. */
  hear(payload: Readonly<Record<string, unknown>>, chance: Seeded, isWell: boolean): string {
    const update = listUpdateOf(payload);
    assert.ok(update !== undefined, "the station can read it");
    const mishap = isWell ? "" : chance.pick(["", "", "", "Failed", "lost before", "lost after"]);
    if (mishap === "Failed" || mishap === "lost before") return mishap;
    if (update.updateType === "Differential" && update.version <= this.version) {
      return "VersionMismatch";
    }
    this.entries = applied(this.entries, update);
    this.version = update.version;
    return mishap === "" ? "Accepted" : mishap;
  }
}

/** Sends what is to be sent, part by part, as the charger's block does. */
function deliver(list: LocalList, held: HeldList, random: Seeded, isWell: boolean): LocalList {
  const update = nextUpdate(list);
  if (update === undefined) return list;
  const limits = { items: random.whole(1, 3), bytes: Infinity };
  const calls = listCalls(update, "ocpp2.0.1", limits);
  let sent = underWay(list, { commandId: "c", messages: calls.length, attempt: 1 });
  for (const { payload } of calls) {
    const word = held.hear(payload, random, isWell);
    if (word !== "Accepted") return again(sent);
    sent = taken(sent, Number(payload["versionNumber"]), 0);
  }
  assert.equal(sent.sending, null);
  return sent;
}

test("whatever is wished, refused and lost: in the end the station holds what is intended", () => {
  forSeeds(400, (random) => {
    const held = new HeldList();
    // It may come with a list of another system.
    if (random.happens(0.3)) {
      held.version = random.whole(1, 40);
      held.entries = changed([], randomChanges(random, false));
    }
    let list = emptyList;
    let versions = 0;
    const calls = random.whole(3, 25);
    for (let index = 0; index < calls; index++) {
      const isWhole = index === 0 || random.happens(0.2);
      const changes = randomChanges(random, !isWhole);
      const updateType = isWhole ? "Full" : "Differential";
      list = wished(list, { updateType, changes }, index);
      assert.ok(list.intendedVersion >= versions, "versions rise");
      versions = list.intendedVersion;
      if (random.happens(0.7)) list = deliver(list, held, random, false);
    }
    for (let index = 0; index < 4 && list.state !== "confirmed"; index++) {
      list = deliver(list, held, random, true);
    }
    assert.equal(list.state, "confirmed");
    assert.equal(contentHash(held.entries), contentHash(list.entries));
    assert.equal(held.version, list.confirmedVersion);
    assert.equal(list.confirmedVersion, list.intendedVersion);
    assert.equal(list.confirmedHash, contentHash(list.entries));
  });
});

test("a differential of changes is the same as the changes, and order does not matter", () => {
  forSeeds(200, (random) => {
    const before = changed([], randomChanges(random, false));
    const changes = randomChanges(random, true);
    const last = new Map(changes.map((change) => [change.idToken.toLowerCase(), change]));
    const once = random.shuffled([...last.values()]);
    assert.equal(
      contentHash(changed(before, changes)),
      contentHash(changed(random.shuffled(before), once)),
    );
  });
});

const entry: ListEntry = {
  idToken: "A",
  type: "Central",
  status: "Accepted",
  expiresAt: null,
  groupId: null,
};
const addA: ListChange = { idToken: "A", type: "Central", entry };

test("a differential below the station's version is none: the whole list goes", () => {
  const list = wished({ ...emptyList, confirmedVersion: 9 }, {
    updateType: "Differential",
    changes: [addA],
    version: 4,
  }, 0);
  const { updateType, version } = nextUpdate(list) ?? {};
  assert.deepEqual([updateType, version], ["Full", 4]);
});

test("after the last version the first one comes, with a whole list", () => {
  const list = { ...emptyList, intendedVersion: LIST_VERSION_MAX, confirmedVersion: 7 };
  const next = wished(list, { updateType: "Differential", changes: [addA] }, 0);
  assert.equal(next.intendedVersion, 1);
  assert.equal(nextUpdate(next)?.updateType, "Full");
});

test("a list that was given up stands until somebody wishes", () => {
  const wish = { updateType: "Full", changes: [addA] } as const;
  const failed = givenUp(wished(emptyList, wish, 0), "failed", "Failed");
  assert.equal(failed.state, "failed");
  assert.equal(nextUpdate(wished(failed, wish, 1))?.updateType, "Full");
});

test("what the station says it holds: as confirmed, something else, nothing known", () => {
  const wish = { updateType: "Full", changes: [addA] } as const;
  const sent = underWay(wished(emptyList, wish, 0), { commandId: "c", messages: 1, attempt: 1 });
  const confirmed = taken(sent, 1, 1);
  assert.equal(reported(confirmed, 1, 2).state, "confirmed");
  assert.equal(reported(confirmed, 5, 2).state, "differs");
  assert.equal(reported(reported(confirmed, 5, 2), 5, 3).state, "differs");
  assert.equal(reported(confirmed, -1, 2).state, "notSupported");
  assert.equal(reported(sent, 0, 2).state, "pending");
  const gone = { updateType: "Full", version: 8, changes: [] } as const;
  const { state, entries, intendedVersion } = overtaken(confirmed, gone, 3);
  assert.deepEqual([state, entries, intendedVersion], ["confirmed", [], 8]);
});
