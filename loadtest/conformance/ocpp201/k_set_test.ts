/** Block K: profiles are set and replaced (OCPP 2.0.1 Part 2, K01 to K05). */
import { conformanceCase } from "../conformance_case.ts";
import { idsAre, profile, profileCode, profileIs, setProfile } from "../profile_words.ts";
import { Transaction2x } from "../transaction_2x.ts";
import { charging } from "./charging.ts";

conformanceCase({ version: "2.0.1", id: "TC_K_01", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const chargingProfile = profile();
  const payload = await setProfile(c, station, { evseId: 1, chargingProfile });
  c.equal("the profile has every field and none besides", payload, { evseId: 1, chargingProfile });
  await idsAre(c, station, "believed", [chargingProfile["id"]]);

  await station.disconnect();
  await c.stationIs(station, { presence: { connected: false } });
  const later = profile({ stackLevel: 1 });
  const asked = await c.rest.post(`/stations/${station.identity}/charging-profiles`, {
    evseId: 1,
    chargingProfile: later,
  });
  const path = asked.location.replace("/api/v1", "");
  await profileIs(c, path, { state: "pending" });
  await station.connect();
  await c.boot(station);
  const call = await station.expectCall("SetChargingProfile");
  c.equal("one set while the station was away comes when it is back", call.payload, {
    evseId: 1,
    chargingProfile: later,
  });
  call.answer({ status: "Accepted" });
  await profileIs(c, path, { state: "accepted" });
});

conformanceCase({ version: "2.0.1", id: "TC_K_02", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const chargingProfile = profile({
    chargingProfilePurpose: "TxProfile",
    transactionId: "none-such",
  });
  const payload = await setProfile(c, station, { evseId: 1, chargingProfile, status: "Rejected" });
  c.equal("the profile names the transaction", payload, { evseId: 1, chargingProfile });
  await idsAre(c, station, "believed", []);
});

conformanceCase({ version: "2.0.1", id: "TC_K_03", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const chargingProfile = profile({ chargingProfilePurpose: "ChargingStationMaxProfile" });
  const payload = await setProfile(c, station, { evseId: 0, chargingProfile });
  c.equal("the profile is for EVSE 0", payload, { evseId: 0, chargingProfile });
  const path = `/stations/${station.identity}/charging-profiles`;
  const onEvse = await c.rest.post(path, { evseId: 1, chargingProfile });
  c.equal("on an EVSE it is not sent", onEvse.status, 422);
});

conformanceCase({ version: "2.0.1", id: "TC_K_04", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const period = { startPeriod: 0, numberPhases: 3 };
  const first = profile({ id: 404 }, { chargingSchedulePeriod: [{ ...period, limit: 8 }] });
  const second = profile({ id: 404 }, { chargingSchedulePeriod: [{ ...period, limit: 6 }] });
  await setProfile(c, station, { evseId: 1, chargingProfile: first });
  const payload = await setProfile(c, station, { evseId: 1, chargingProfile: second });
  c.equal("the second has the same id and its own limit", payload, {
    evseId: 1,
    chargingProfile: second,
  });
  const { believed } = await idsAre(c, station, "believed", [404]);
  c.match("the second is believed alone", believed, [{ chargingProfile: second }]);
});

conformanceCase({ version: "2.0.1", id: "TC_K_10", in: profileCode }, async (c) => {
  const station = await c.newStation({ evses: 2 });
  const chargingProfile = profile();
  const payload = await setProfile(c, station, { evseId: 0, chargingProfile });
  c.equal("the default is for all EVSEs", payload, { evseId: 0, chargingProfile });
  const { composite } = await idsAre(c, station, "believed", [chargingProfile["id"]]);
  c.match("it counts on each EVSE and for the station", composite, [
    { evseId: 0, periods: [{ limit: 12, numberPhases: 1 }, {}] },
    { evseId: 1, periods: [{ limit: 6, numberPhases: 1 }, {}] },
    { evseId: 2, periods: [{ limit: 6, numberPhases: 1 }, {}] },
  ]);
});

conformanceCase({ version: "2.0.1", id: "TC_K_15", in: profileCode }, async (c) => {
  const station = await c.newStation();
  for (const code of ["NotSupported", "NotImplemented"]) {
    const chargingProfile = profile();
    // deno-lint-ignore no-await-in-loop -- one after the other
    const asked = await c.rest.post(`/stations/${station.identity}/charging-profiles`, {
      evseId: 1,
      chargingProfile,
    });
    // deno-lint-ignore no-await-in-loop -- as above
    const call = await station.expectCall("SetChargingProfile");
    call.fail(code);
    // deno-lint-ignore no-await-in-loop -- as above
    await profileIs(c, asked.location.replace("/api/v1", ""), { state: "rejected", reason: code });
  }
  await idsAre(c, station, "believed", []);
});

conformanceCase({ version: "2.0.1", id: "TC_K_19", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const chargingProfile = profile({ chargingProfileKind: "Recurring", recurrencyKind: "Daily" });
  const payload = await setProfile(c, station, { evseId: 1, chargingProfile });
  c.equal("the profile says how it recurs, and since when", payload, {
    evseId: 1,
    chargingProfile,
  });
});

conformanceCase({ version: "2.0.1", id: "TC_K_37", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();
  const chargingProfile = profile({
    chargingProfilePurpose: "TxProfile",
    chargingProfileKind: "Relative",
  });
  const body = { tokenUid: token.uid, evseId: 1, chargingProfile };
  const refused = await c.rest.post(`/stations/${station.identity}/commands/remote-start`, {
    ...body,
    chargingProfile: { ...chargingProfile, transactionId: "T" },
  });
  c.equal("with a transaction it is not sent", refused.status, 422);
  const command = await c.command(station, "remote-start", body);
  const call = await station.expectCall("RequestStartTransaction");
  c.match("the start carries the profile without a transaction", call.payload, {
    evseId: 1,
    idToken: token.idToken,
    chargingProfile: { ...chargingProfile, transactionId: undefined },
  });
  call.answer({ status: "Accepted" });
  await c.commandIs(command, { status: "accepted" });
  const transaction = new Transaction2x(station);
  await transaction.started("RemoteStart", {
    idToken: token.idToken,
    remoteStartId: Number(call.payload["remoteStartId"]),
    chargingState: "Charging",
    wh: 1_000,
  });
  const session = await c.sessionIs(station, { status: "open" });
  const { believed } = await idsAre(c, station, "believed", [chargingProfile["id"]]);
  c.match("the profile is believed for the session", believed, [{ sessionId: session.id }]);
  await transaction.ended("EVDeparted", { stoppedReason: "EVDisconnected", wh: 1_000 });
  await c.sessionIs(station, { status: "closed" });
  const path = `/stations/${station.identity}/charging-profiles`;
  await c.eventually("the profile is gone with its session", async () => {
    const { body } = await c.rest.get<{ composite: { periods: { limit: unknown }[] }[] }>(path);
    const limits = body.composite.flatMap(({ periods }) => periods.map(({ limit }) => limit));
    if (limits.some((limit) => limit !== null)) throw new Error(JSON.stringify(limits));
  });
});

conformanceCase({ version: "2.0.1", id: "TC_K_60", in: profileCode }, async (c) => {
  const { station, transaction } = await charging(c);
  const session = await c.sessionIs(station, { status: "open" });
  for (const chargingProfileKind of ["Relative", "Absolute"]) {
    const chargingProfile = profile({
      id: 460,
      chargingProfilePurpose: "TxProfile",
      chargingProfileKind,
    });
    // deno-lint-ignore no-await-in-loop -- one after the other
    const payload = await setProfile(c, station, {
      evseId: 1,
      chargingProfile,
      sessionId: session.id,
    });
    c.equal(`the ${chargingProfileKind} profile names the running transaction`, payload, {
      evseId: 1,
      chargingProfile: { ...chargingProfile, transactionId: transaction.id },
    });
  }
  const { believed } = await idsAre(c, station, "believed", [460]);
  c.match("the profile is believed for the session", believed, [{ sessionId: session.id }]);
  await transaction.ended("EVDeparted", { stoppedReason: "EVDisconnected", wh: 1_500 });
  await idsAre(c, station, "believed", []);
});

conformanceCase({ version: "2.0.1", id: "TC_K_70", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const byDefault = profile({ stackLevel: 1 });
  const most = profile({ chargingProfilePurpose: "ChargingStationMaxProfile" }, {
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 5, numberPhases: 1 }],
  });
  await setProfile(c, station, { evseId: 1, chargingProfile: byDefault });
  await setProfile(c, station, { evseId: 0, chargingProfile: most });
  const ids = [byDefault["id"], most["id"]];
  const { composite } = await idsAre(c, station, "believed", ids);
  c.match("the lower of both holds", composite[1], { evseId: 1, periods: [{ limit: 5 }, {}] });
});
