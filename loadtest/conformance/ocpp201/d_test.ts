/** Block D: local authorization lists (OCPP 2.0.1 Part 2, D01 and D02). */
import { conformanceCase } from "../conformance_case.ts";
import {
  confirmedList,
  listIs,
  listVersionCode,
  listWished,
  localListCode,
  uidsOf,
} from "../local_list_case.ts";

conformanceCase({ version: "2.0.1", id: "TC_D_01", in: localListCode }, async (c) => {
  const station = await c.newStation();
  const mine = await c.newToken({ groupId: "G-1", expiresAt: "2099-01-01T00:00:00Z" });
  const barred = await c.newToken({ status: "Blocked" });

  const call = await listWished(c, station, { put: { entries: [mine.uid, barred.uid] } });
  c.match("a full list goes out, each entry with its information", call.payload, {
    versionNumber: (version: number) => version > 0,
    updateType: "Full",
    localAuthorizationList: (entries: unknown) => Array.isArray(entries) && entries.length === 2,
  });
  const entries = [
    {
      idToken: mine.idToken,
      idTokenInfo: {
        status: "Accepted",
        cacheExpiryDateTime: "2099-01-01T00:00:00.000Z",
        groupIdToken: { idToken: "G-1", type: "Central" },
      },
    },
    { idToken: barred.idToken, idTokenInfo: { status: "Blocked" } },
  ];
  const byToken = (one: typeof entries[number], other: typeof entries[number]): number =>
    one.idToken.idToken < other.idToken.idToken ? -1 : 1;
  c.equal(
    "the entries are those of our tokens",
    call.payload["localAuthorizationList"],
    entries.toSorted(byToken),
  );
  await listIs(c, station, { state: "pending", intendedVersion: 1, confirmedVersion: 0 });
  call.answer({ status: "Accepted" });

  const list = await listIs(c, station, {
    state: "confirmed",
    intendedVersion: 1,
    confirmedVersion: 1,
  });
  c.equal("REST shows both tokens", uidsOf(list).length, 2);
});

conformanceCase({ version: "2.0.1", id: "TC_D_02", in: localListCode }, async (c) => {
  const station = await c.newStation();
  const first = await c.newToken();
  const second = await c.newToken();
  await confirmedList(c, station, [first.uid]);

  const call = await listWished(c, station, {
    patch: { set: [second.uid, { tokenUid: first.uid, status: "Blocked" }] },
  });
  c.equal("what is new and what changed goes out under a higher version", call.payload, {
    versionNumber: 2,
    updateType: "Differential",
    localAuthorizationList: [
      { idToken: second.idToken, idTokenInfo: { status: "Accepted" } },
      { idToken: first.idToken, idTokenInfo: { status: "Blocked" } },
    ],
  });
  call.answer({ status: "Accepted" });

  const list = await listIs(c, station, { state: "confirmed", confirmedVersion: 2 });
  c.equal("REST shows both tokens", list.entries.length, 2);
});

conformanceCase({ version: "2.0.1", id: "TC_D_03", in: localListCode }, async (c) => {
  const station = await c.newStation();
  const first = await c.newToken();
  const second = await c.newToken();
  await confirmedList(c, station, [first.uid, second.uid]);

  const call = await listWished(c, station, { patch: { remove: [first.uid] } });
  c.equal("an entry without information goes out under a higher version", call.payload, {
    versionNumber: 2,
    updateType: "Differential",
    localAuthorizationList: [{ idToken: first.idToken }],
  });
  call.answer({ status: "Accepted" });

  const list = await listIs(c, station, { state: "confirmed", confirmedVersion: 2 });
  c.equal("the token has left the list", uidsOf(list), [second.uid]);
});

conformanceCase({ version: "2.0.1", id: "TC_D_04", in: localListCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();
  await confirmedList(c, station, [token.uid]);

  const call = await listWished(c, station, { put: { entries: [] } });
  c.equal("a full list of nothing has no entries", call.payload, {
    versionNumber: 2,
    updateType: "Full",
  });
  call.answer({ status: "Accepted" });

  await listIs(c, station, { state: "confirmed", confirmedVersion: 2, entries: [] });
});

conformanceCase({ version: "2.0.1", id: "TC_D_08", in: listVersionCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();
  await confirmedList(c, station, [token.uid]);

  const command = await c.command(station, "get-local-list-version", {});
  const call = await station.expectCall("GetLocalListVersion");
  c.equal("the question says nothing more", call.payload, {});
  call.answer({ versionNumber: 1 });

  await c.commandIs(command, { status: "accepted", response: { versionNumber: 1 } });
  await listIs(c, station, { reportedVersion: 1, confirmedVersion: 1, state: "confirmed" });
});

conformanceCase({ version: "2.0.1", id: "TC_D_09", in: listVersionCode }, async (c) => {
  const station = await c.newStation();

  const command = await c.command(station, "get-local-list-version", {});
  (await station.expectCall("GetLocalListVersion")).answer({ versionNumber: 0 });
  await c.commandIs(command, { status: "accepted", response: { versionNumber: 0 } });
  await listIs(c, station, { reportedVersion: 0, state: "none" });

  const token = await c.newToken();
  await confirmedList(c, station, [token.uid]);
  const again = await c.command(station, "get-local-list-version", {});
  (await station.expectCall("GetLocalListVersion")).answer({ versionNumber: 0 });
  await c.commandIs(again, { status: "accepted" });
  await listIs(c, station, { reportedVersion: 0, state: "differs" });
});
