/** Block K: profiles are cleared (OCPP 2.0.1 Part 2, K10). */
import { conformanceCase } from "../conformance_case.ts";
import { idsAre, profile, profileCode, setProfile } from "../profile_words.ts";

conformanceCase({ version: "2.0.1", id: "TC_K_05", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const chargingProfile = profile();
  await setProfile(c, station, { evseId: 1, chargingProfile });
  const path = `/stations/${station.identity}/charging-profiles/${chargingProfile["id"]}`;
  const removed = await c.rest.delete(path);
  c.equal("the operator removes it by its number", removed.status, 204);
  const call = await station.expectCall("ClearChargingProfile");
  c.equal("the clear names the id alone", call.payload, {
    chargingProfileId: chargingProfile["id"],
  });
  call.answer({ status: "Accepted" });
  await idsAre(c, station, "believed", []);
});

conformanceCase({ version: "2.0.1", id: "TC_K_06", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const gone = profile({ stackLevel: 2 });
  const stays = profile({ stackLevel: 3 });
  await setProfile(c, station, { evseId: 1, chargingProfile: gone });
  await setProfile(c, station, { evseId: 1, chargingProfile: stays });
  const command = await c.command(station, "clear-charging-profile", {
    purpose: "TxDefaultProfile",
    stackLevel: 2,
    evseId: 1,
  });
  const call = await station.expectCall("ClearChargingProfile");
  c.equal("the clear names purpose, stack level and EVSE, and no id", call.payload, {
    chargingProfileCriteria: {
      evseId: 1,
      chargingProfilePurpose: "TxDefaultProfile",
      stackLevel: 2,
    },
  });
  call.answer({ status: "Accepted" });
  await c.commandIs(command, { status: "accepted" });
  await idsAre(c, station, "believed", [stays["id"]]);
});

conformanceCase({ version: "2.0.1", id: "TC_K_08", in: profileCode }, async (c) => {
  const station = await c.newStation();
  const command = await c.command(station, "clear-charging-profile", {
    purpose: "ChargingStationMaxProfile",
    evseId: 0,
  });
  const call = await station.expectCall("ClearChargingProfile");
  c.equal("the clear names what is meant and nothing else", call.payload, {
    chargingProfileCriteria: { evseId: 0, chargingProfilePurpose: "ChargingStationMaxProfile" },
  });
  call.answer({ status: "Unknown" });
  await c.commandIs(command, { status: "rejected", response: { status: "Unknown" } });
});
