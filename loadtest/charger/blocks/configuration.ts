import { fieldOf, type Payload, present, textField, textsField } from "../dialect.ts";
import type { ChargerBlock } from "../block.ts";
import type { Station } from "../station.ts";
import { changeSetting, onSetting, type Setting, setting } from "./settings.ts";
import { settingRows } from "./setting_rows.ts";

/** OCPP 1.6J, 5.8 and 5.3: the charger's settings as keys. */
const keys = new Map(
  settingRows.flatMap((row): (readonly [string, Setting])[] =>
    row.key16 === null ? [] : [[row.key16.toLowerCase(), row]]
  ),
);

function configuration(station: Station, payload: Payload): Payload {
  const named = textsField(payload, "key");
  const asked = named.length > 0 ? named : [...keys.values()].map(({ key16 }) => key16 ?? "");
  const unknown = asked.filter((key) => !keys.has(key.toLowerCase()));
  return {
    configurationKey: asked.flatMap((key) => {
      const row = keys.get(key.toLowerCase());
      return row === undefined ? [] : [shown(station, row)];
    }),
    ...(unknown.length === 0 ? {} : { unknownKey: unknown }),
  };
}

/** What can only be written has no value to be seen. */
function shown(station: Station, row: Setting): Payload {
  return present({
    key: row.key16,
    readonly: row.access === "ReadOnly",
    value: row.access === "WriteOnly" ? undefined : setting(station, row.name).slice(0, 500),
  });
}

function change(station: Station, payload: Payload): Payload {
  const row = keys.get((textField(payload, "key") ?? "").toLowerCase());
  if (row === undefined) return { status: "NotSupported" };
  return { status: changeSetting(station, row, String(fieldOf(payload, "value") ?? "")) };
}

onSetting("HeartbeatInterval", (station, value) => {
  station.link.heartbeatSeconds = Number(value);
});
onSetting("MeterValueSampleInterval", (station, value) => {
  station.charger.meterSeconds = Number(value);
});
onSetting("AuthorizationKey", (station, value) => {
  station.link.password = keyBytes(value);
});
onSetting("BasicAuthPassword", (station, value) => {
  station.link.password = value;
});

/** The key spells the bytes of the password in hex (OCPP 1.6 security extension, A00.FR.206). */
function keyBytes(key: string): string | Uint8Array {
  const isHex = key.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(key);
  return isHex ? Uint8Array.from(key.match(/../g) ?? [], (pair) => parseInt(pair, 16)) : key;
}

export const configurationBlock: ChargerBlock = {
  answers16: { GetConfiguration: configuration, ChangeConfiguration: change },
};
