import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { localList } from "../charger/blocks/local_list.ts";
import { authorisationCache } from "../charger/blocks/authorisation.ts";
import { car, OperatedChargers, until, versions } from "./operated_chargers.ts";

let stage: OperatedChargers;

before(async () => {
  stage = await OperatedChargers.start();
});
after(() => stage.close());

for (const version of versions) {
  const id = `LIST-${version}`;
  const path = `/stations/${id}/local-list`;

  test(`${version}: a list is sent whole, changed, and confirmed; offline it decides`, async () => {
    const charger = await stage.connect(id, version);
    const put = await stage.rest.put(path, {
      entries: ["CARD1", { tokenUid: "THIEF", status: "Blocked" }],
    });
    assert.equal(put.status, 200, JSON.stringify(put.body));
    await stage.shown(path, ({ state }) => state === "confirmed");
    const list = localList.of(charger.station);
    assert.deepEqual(list.uids.toSorted(), ["card1", "thief"]);

    await stage.rest.patch(path, { set: ["CARD2"], remove: ["CARD1"] });
    const confirmed = await stage.shown(path, ({ state }) => state === "confirmed");
    assert.equal(confirmed["confirmedVersion"], list.version);
    assert.deepEqual(list.uids.toSorted(), ["card2", "thief"]);

    charger.cutNetwork(1_000);
    await until(() => charger.isOnline, (isOnline) => !isOnline, "it is offline");
    charger.plugIn(1, car);
    assert.equal(await charger.present(1, "THIEF"), false);
    assert.equal(await charger.present(1, "CARD2"), true);
    charger.unplug(1);
    await stage.item(`/sessions?station=${id}`, ({ status }) => status === "closed");
  });

  test(`${version}: what another system put there is seen, and put right`, async () => {
    const other = `${id}-O`;
    const charger = await stage.connect(other, version);
    const place = `/stations/${other}/local-list`;
    await stage.rest.put(place, { entries: ["CARD1"] });
    const before = await stage.shown(place, ({ state }) => state === "confirmed");
    const list = localList.of(charger.station);
    const status = list.update({ version: 900, isFull: true, entries: [] });
    assert.equal(status, "Accepted");
    assert.equal(list.size, 0);
    await stage.rest.patch(place, { set: ["CARD2"] });
    // Its version is another than ours was, so the difference is refused or means nothing.
    await stage.rest.post(`${place}/send`);
    await until(() => list.uids.toSorted().join(), (uids) => uids === "card1,card2", "it has all");
    const after = await stage.shown(place, ({ state }) => state === "confirmed");
    assert.ok(Number(after["intendedVersion"]) > Number(before["intendedVersion"]));
    assert.equal(after["confirmedVersion"], list.version);
  });

  test(`${version}: a cache that is cleared is empty`, async () => {
    const charger = await stage.connect(`${id}-C`, version);
    await charger.present(1, "CARD1");
    assert.equal(authorisationCache.of(charger.station).size, 1);
    await stage.commanded(`${id}-C`, "clear-cache", { body: {} });
    assert.equal(authorisationCache.of(charger.station).size, 0);
    const version_ = await stage.commanded(`${id}-C`, "get-local-list-version", { body: {} });
    assert.deepEqual(Object.values(Object(version_.response)), [0]);
  });
}
