/** Local lists of OCPP 1.6J (5.10, 5.15; the profile LocalAuthListManagement). */
import { conformanceCase } from "../conformance_case.ts";
import {
  confirmedList,
  listIs,
  listVersionCode,
  listWished,
  localListCode,
} from "../local_list_case.ts";

conformanceCase({ version: "1.6", id: "TC_042_1", in: listVersionCode }, async (c) => {
  const station = await c.newStation();

  const command = await c.command(station, "get-local-list-version", {});
  const call = await station.expectCall("GetLocalListVersion");
  c.equal("the question says nothing more", call.payload, {});
  call.answer({ listVersion: -1 });

  await c.commandIs(command, { status: "accepted", response: { listVersion: -1 } });
  await listIs(c, station, { reportedVersion: -1, state: "notSupported" });
});

conformanceCase({ version: "1.6", id: "TC_042_2", in: listVersionCode }, async (c) => {
  const station = await c.newStation();

  const command = await c.command(station, "get-local-list-version", {});
  (await station.expectCall("GetLocalListVersion")).answer({ listVersion: 0 });

  await c.commandIs(command, { status: "accepted", response: { listVersion: 0 } });
  await listIs(c, station, { reportedVersion: 0, state: "none" });
});

conformanceCase({ version: "1.6", id: "TC_043_1", in: localListCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();

  const call = await listWished(c, station, { put: { entries: [token.uid] } });
  call.answer({ status: "NotSupported" });

  await listIs(c, station, {
    state: "notSupported",
    detail: "NotSupported",
    intendedVersion: 1,
    confirmedVersion: 0,
  });
});

conformanceCase({ version: "1.6", id: "TC_043_3", in: localListCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();

  const call = await listWished(c, station, { put: { entries: [token.uid] } });
  call.answer({ status: "Failed" });
  const again = await station.expectCall("SendLocalList");
  c.equal("the whole list goes once more, under a higher version", again.payload, {
    listVersion: 2,
    localAuthorizationList: [{ idTag: token.uid, idTagInfo: { status: "Accepted" } }],
    updateType: "Full",
  });
  again.answer({ status: "Failed" });

  await listIs(c, station, { state: "failed", detail: "Failed", confirmedVersion: 0 });
  const alerts = await c.rest.list(`/alerts?station=${station.identity}&kind=localListFailed`);
  c.match("somebody is told", alerts, [{ status: "open", stationId: station.identity }]);
});

conformanceCase({ version: "1.6", id: "TC_043_4", in: localListCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken({ groupId: "PARENT", expiresAt: "2099-01-01T00:00:00Z" });

  const call = await listWished(c, station, { put: { entries: [token.uid], version: 5 } });
  c.equal("the list goes out whole, in the words of 1.6", call.payload, {
    listVersion: 5,
    localAuthorizationList: [{
      idTag: token.uid,
      idTagInfo: {
        expiryDate: "2099-01-01T00:00:00.000Z",
        parentIdTag: "PARENT",
        status: "Accepted",
      },
    }],
    updateType: "Full",
  });
  call.answer({ status: "Accepted" });
  await listIs(c, station, { state: "confirmed", intendedVersion: 5, confirmedVersion: 5 });

  await c.command(station, "get-local-list-version", {});
  (await station.expectCall("GetLocalListVersion")).answer({ listVersion: 5 });
  await listIs(c, station, { state: "confirmed", reportedVersion: 5 });
});

conformanceCase({ version: "1.6", id: "TC_043_5", in: localListCode }, async (c) => {
  const station = await c.newStation();
  const first = await c.newToken();
  const second = await c.newToken();
  await confirmedList(c, station, [first.uid]);

  const change = { set: [second.uid], remove: [first.uid] };
  const call = await listWished(c, station, { patch: change });
  c.equal("the change goes out under a higher version", call.payload, {
    listVersion: 2,
    localAuthorizationList: [
      { idTag: second.uid, idTagInfo: { status: "Accepted" } },
      { idTag: first.uid },
    ],
    updateType: "Differential",
  });
  call.answer({ status: "VersionMismatch" });
  const whole = await station.expectCall("SendLocalList");
  c.match("a station that holds another version gets the whole list", whole.payload, {
    listVersion: 3,
    updateType: "Full",
    localAuthorizationList: [{ idTag: second.uid }],
  });
  whole.answer({ status: "Accepted" });
  await listIs(c, station, { state: "confirmed", intendedVersion: 3, confirmedVersion: 3 });

  await c.command(station, "get-local-list-version", {});
  (await station.expectCall("GetLocalListVersion")).answer({ listVersion: 3 });
  await listIs(c, station, { state: "confirmed", reportedVersion: 3 });
});
