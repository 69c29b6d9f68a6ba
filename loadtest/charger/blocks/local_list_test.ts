import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, car, type Scene, statusOf, withCharger } from "../charger_testing.ts";
import type { Payload } from "../dialect.ts";
import { authorisationCache } from "./authorisation.ts";
import { localList } from "./local_list.ts";

function entry(uid: string, status?: string): Payload {
  const idToken = { idToken: uid, type: "ISO14443" };
  return status === undefined ? { idToken } : { idToken, idTokenInfo: { status } };
}

function send(
  scene: Scene,
  updateType: "Full" | "Differential",
  versionNumber: number,
  entries: readonly Payload[],
): Promise<unknown> {
  const localAuthorizationList = entries;
  const payload = { versionNumber, updateType, localAuthorizationList };
  return statusOf(scene, "SendLocalList", payload);
}

test("2.x: versions, differences and limits", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const list = localList.of(scene.charger.station);
    const good = entry("A", "Accepted");
    assert.equal(await send(scene, "Full", 5, [good, entry("B", "Blocked")]), "Accepted");
    assert.equal(await send(scene, "Differential", 5, [good]), "VersionMismatch");
    assert.equal(await send(scene, "Differential", 6, [entry("b")]), "Accepted");
    assert.deepEqual(list.uids, ["a"]);
    assert.equal(await send(scene, "Full", 7, [good, good]), "Failed");
    assert.deepEqual(await asked(scene, "GetLocalListVersion", {}), { versionNumber: 6 });
    const tooMany = Array.from({ length: 51 }, (_, index) => entry(`T${index}`, "Accepted"));
    const payload = { versionNumber: 8, updateType: "Full", localAuthorizationList: tooMany };
    const refused = await scene.csms.call("SendLocalList", payload);
    assert.equal(refused[2], "OccurrenceConstraintViolation");
    assert.equal(
      await statusOf(scene, "SendLocalList", { versionNumber: 9, updateType: "Full" }),
      "Accepted",
    );
    assert.deepEqual(await asked(scene, "GetLocalListVersion", {}), { versionNumber: 0 });
  }));

test("offline the list decides, then the cache, then what is set for strangers", () =>
  withCharger("ocpp1.6", async (scene) => {
    const { csms, charger } = scene;
    const sent = {
      listVersion: 1,
      localAuthorizationList: [{ idTag: "BAD", idTagInfo: { status: "Blocked" } }],
      updateType: "Full",
    };
    assert.equal(await statusOf(scene, "SendLocalList", sent), "Accepted");
    charger.plugIn(1, car);
    await charger.present(1, "KNOWN");
    charger.unplug(1);
    const strict = { key: "AllowOfflineTxForUnknownId", value: "false" };
    assert.equal(await statusOf(scene, "ChangeConfiguration", strict), "Accepted");
    charger.cutNetwork(60_000);
    await csms.until(() => !charger.isOnline);
    charger.plugIn(1, car);
    assert.equal(await charger.present(1, "BAD"), false);
    assert.equal(await charger.present(1, "STRANGER"), false);
    assert.equal(await charger.present(1, "known"), true);
  }));

test("a cleared cache knows nobody", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const cache = authorisationCache.of(scene.charger.station);
    // Nothing is plugged in: it is asked for, and that is all.
    await scene.charger.present(1, "CARD1");
    assert.equal(cache.size, 1);
    assert.equal(await statusOf(scene, "ClearCache", {}), "Accepted");
    assert.equal(cache.size, 0);
  }));
