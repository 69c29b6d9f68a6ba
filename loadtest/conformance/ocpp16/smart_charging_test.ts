/** The SmartCharging profile of 1.6 (OCPP 1.6J, 3.13, 5.5, 5.7, 5.16). */
import { conformanceCase } from "../conformance_case.ts";
import { idsAre, profile16, profileCode, setProfile } from "../profile_words.ts";
import { startTransaction, stopTransaction } from "../transaction_16.ts";

conformanceCase({ version: "1.6", id: "TC_056", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const chargingProfile = profile16();
  const payload = await setProfile(c, station, { evseId: 1, chargingProfile });
  c.equal("the profile goes out in the words of 1.6", payload, {
    connectorId: 1,
    csChargingProfiles: chargingProfile,
  });
  await idsAre(c, station, "believed", [chargingProfile["chargingProfileId"]]);
});

conformanceCase({ version: "1.6", id: "TC_057", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const { uid: idTag } = await c.newToken();
  const { transactionId } = await startTransaction(station, { idTag });
  const session = await c.sessionIs(station, { status: "open" });
  const chargingProfile = profile16({
    chargingProfilePurpose: "TxProfile",
    chargingProfileKind: "Relative",
  });
  const payload = await setProfile(c, station, {
    evseId: 1,
    chargingProfile,
    sessionId: session.id,
  });
  c.equal("the profile names the running transaction", payload, {
    connectorId: 1,
    csChargingProfiles: { ...chargingProfile, transactionId },
  });
  await idsAre(c, station, "believed", [chargingProfile["chargingProfileId"]]);
  await stopTransaction(station, { transactionId, meterStop: 2_000 });
  await idsAre(c, station, "believed", []);
});

conformanceCase({ version: "1.6", id: "TC_059", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const { uid } = await c.newToken();
  const chargingProfile = profile16({
    chargingProfilePurpose: "TxProfile",
    chargingProfileKind: "Relative",
  });
  const command = await c.command(station, "remote-start", {
    tokenUid: uid,
    evseId: 1,
    chargingProfile,
  });
  const call = await station.expectCall("RemoteStartTransaction");
  c.equal("the start carries the profile, without a transaction", call.payload, {
    connectorId: 1,
    idTag: uid,
    chargingProfile,
  });
  call.answer({ status: "Accepted" });
  const { transactionId } = await startTransaction(station, { idTag: uid });
  const session = await c.sessionIs(station, { status: "open" });
  await c.commandIs(command, { status: "accepted", sessionId: session.id });
  const id = chargingProfile["chargingProfileId"];
  const { believed } = await idsAre(c, station, "believed", [id]);
  c.match("the profile is believed for the session", believed, [{ sessionId: session.id }]);
  await stopTransaction(station, { transactionId, meterStop: 2_000 });
});

conformanceCase({ version: "1.6", id: "TC_066", in: profileCode }, async (c) => {
  const station = await c.newStation();
  await setProfile(c, station, {
    evseId: 0,
    chargingProfile: profile16({ chargingProfilePurpose: "ChargePointMaxProfile" }, {
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 10 }],
    }),
  });
  await setProfile(c, station, {
    evseId: 1,
    chargingProfile: profile16({}, { chargingSchedulePeriod: [{ startPeriod: 0, limit: 8.1 }] }),
  });
  const command = await c.command(station, "get-composite-schedule", {
    evseId: 1,
    durationSeconds: 350,
    unit: "A",
  });
  const call = await station.expectCall("GetCompositeSchedule");
  c.equal("the question names connector, duration and unit", call.payload, {
    connectorId: 1,
    duration: 350,
    chargingRateUnit: "A",
  });
  call.answer({
    status: "Accepted",
    connectorId: 1,
    scheduleStart: new Date().toISOString(),
    chargingSchedule: {
      duration: 350,
      chargingRateUnit: "A",
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 8 }],
    },
  });
  await c.commandIs(command, { status: "accepted" });
  await c.eventually("the station's schedule is shown beside ours", async () => {
    const path = `/stations/${station.identity}/charging-profiles`;
    const { body } = await c.rest.get<{ answered: readonly unknown[] }>(path);
    c.match("the answer", body.answered, [{
      evseId: 1,
      periods: [{ limit: 8 }],
      computed: [{ limit: 8.1 }],
      differences: [],
    }]);
  });
});

conformanceCase({ version: "1.6", id: "TC_067", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const [one, other] = [profile16(), profile16({ stackLevel: 1 })];
  await setProfile(c, station, { evseId: 1, chargingProfile: one });
  await setProfile(c, station, { evseId: 1, chargingProfile: other });
  const byId = await c.command(station, "clear-charging-profile", {
    chargingProfileId: one["chargingProfileId"],
  });
  const first = await station.expectCall("ClearChargingProfile");
  c.equal("the first clear names the id", first.payload, { id: one["chargingProfileId"] });
  first.answer({ status: "Accepted" });
  await c.commandIs(byId, { status: "accepted" });
  await idsAre(c, station, "believed", [other["chargingProfileId"]]);
  await c.command(station, "clear-charging-profile", {
    evseId: 1,
    purpose: "TxDefaultProfile",
    stackLevel: 1,
  });
  const second = await station.expectCall("ClearChargingProfile");
  c.equal("the second names connector, purpose and stack level", second.payload, {
    connectorId: 1,
    chargingProfilePurpose: "TxDefaultProfile",
    stackLevel: 1,
  });
  second.answer({ status: "Accepted" });
  await idsAre(c, station, "believed", []);
});
