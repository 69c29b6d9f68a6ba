import { type ChargerBlock, Part } from "../block.ts";
import { numberField, objectField, type Payload, textField } from "../dialect.ts";
import type { Station } from "../station.ts";
import { keepSetting, onSetting, setting } from "./settings.ts";

/** Slots besides the first, which the charger came with. */
const SLOT_MAX = 3;

/** Where to find a CSMS, by slot. */
export const networkProfiles = new Part(() => new Map<number, string>());

/** OCPP 2.0.1 Part 2, B09. */
function setProfile(station: Station, payload: Payload): Payload {
  const slot = numberField(payload, "configurationSlot") ?? -1;
  const data = objectField(payload, "connectionData");
  const url = textField(data, "ocppCsmsUrl") ?? "";
  const profile = numberField(data, "securityProfile") ?? 0;
  if (slot < 0 || slot > SLOT_MAX || !/^wss?:\/\//.test(url)) return { status: "Rejected" };
  // Only upwards (B09.FR.04), and it has no certificates.
  if (profile > 1 || profile < Number(setting(station, "SecurityProfile"))) {
    return { status: "Rejected" };
  }
  if (textField(data, "ocppTransport") !== "JSON") return { status: "Failed" };
  networkProfiles.of(station).set(slot, url);
  return { status: "Accepted" };
}

/** It is followed from the next connection on. */
onSetting("NetworkConfigurationPriority", (station, value) => {
  const slots = value.split(",").map(Number);
  const known = networkProfiles.of(station);
  station.link.urls = slots.flatMap((slot) => known.get(slot) ?? []);
  keepSetting(station, "ActiveNetworkProfile", String(slots[0] ?? 0));
});

export const networkProfileBlock: ChargerBlock = {
  answers2x: { SetNetworkProfile: setProfile },
};
