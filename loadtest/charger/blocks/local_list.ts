import {
  instantField,
  listField,
  numberField,
  objectField,
  type Payload,
  textField,
} from "../dialect.ts";
import { type ChargerBlock, Part, Refusal } from "../block.ts";
import type { Station } from "../station.ts";
import { isOn, setting } from "./settings.ts";
import type { KnownToken } from "./authorisation.ts";

interface Entry {
  readonly uid: string;
  /** Undefined = it is taken off the list. */
  readonly token: KnownToken | undefined;
}

interface Update {
  readonly version: number;
  readonly isFull: boolean;
  readonly entries: readonly Entry[];
}

/** OCPP 1.6J, 5.15; OCPP 2.0.1 Part 2, D. */
class LocalList {
  readonly #station: Station;
  #version = 0;
  #tokens = new Map<string, KnownToken>();

  constructor(station: Station) {
    this.#station = station;
  }

  /** 0 = there is none. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#tokens.size;
  }

  get uids(): readonly string[] {
    return [...this.#tokens.keys()];
  }

  find(uid: string): KnownToken | undefined {
    return isOn(this.#station, "LocalAuthListEnabled")
      ? this.#tokens.get(uid.toLowerCase())
      : undefined;
  }

  update({ version, isFull, entries }: Update): "Accepted" | "Failed" | "VersionMismatch" {
    const uids = new Set(entries.map(({ uid }) => uid.toLowerCase()));
    if (uids.size < entries.length || version <= 0) return "Failed";
    if (!isFull && version <= this.#version) return "VersionMismatch";
    const tokens = new Map(isFull ? [] : this.#tokens);
    for (const { uid, token } of entries) {
      if (token === undefined && isFull) return "Failed";
      if (token === undefined) tokens.delete(uid.toLowerCase());
      else tokens.set(uid.toLowerCase(), token);
    }
    if (tokens.size > Number(setting(this.#station, "LocalAuthListMaxLength"))) return "Failed";
    this.#tokens = tokens;
    this.#version = tokens.size === 0 && isFull ? 0 : version;
    return "Accepted";
  }
}

export const localList = new Part((station) => new LocalList(station));

function entry16(entry: Payload): Entry {
  const told = objectField(entry, "idTagInfo");
  return {
    uid: textField(entry, "idTag") ?? "",
    token: told === undefined ? undefined : {
      status: textField(told, "status") ?? "Invalid",
      groupId: textField(told, "parentIdTag"),
      expiresAt: instantField(told, "expiryDate"),
    },
  };
}

function entry2x(entry: Payload): Entry {
  const told = objectField(entry, "idTokenInfo");
  return {
    uid: textField(objectField(entry, "idToken"), "idToken") ?? "",
    token: told === undefined ? undefined : {
      status: textField(told, "status") ?? "Invalid",
      groupId: textField(objectField(told, "groupIdToken"), "idToken"),
      expiresAt: instantField(told, "cacheExpiryDateTime"),
    },
  };
}

function send16(station: Station, payload: Payload): Payload | Refusal {
  if (!isOn(station, "LocalAuthListEnabled")) return { status: "NotSupported" };
  return updated(station, payload, {
    version: numberField(payload, "listVersion") ?? 0,
    entries: listField(payload, "localAuthorizationList").map(entry16),
  });
}

function send2x(station: Station, payload: Payload): Payload | Refusal {
  if (!isOn(station, "LocalAuthListEnabled")) return { status: "Failed" };
  return updated(station, payload, {
    version: numberField(payload, "versionNumber") ?? 0,
    entries: listField(payload, "localAuthorizationList").map(entry2x),
  });
}

function updated(
  station: Station,
  payload: Payload,
  update: Omit<Update, "isFull">,
): Payload | Refusal {
  if (update.entries.length > Number(setting(station, "SendLocalListMaxLength"))) {
    return station.is16 ? { status: "Failed" } : new Refusal("OccurrenceConstraintViolation");
  }
  const isFull = textField(payload, "updateType") === "Full";
  return { status: localList.of(station).update({ ...update, isFull }) };
}

export const localListBlock: ChargerBlock = {
  answers16: {
    GetLocalListVersion: (station) => ({
      listVersion: isOn(station, "LocalAuthListEnabled") ? localList.of(station).version : -1,
    }),
    SendLocalList: send16,
  },
  answers2x: {
    GetLocalListVersion: (station) => ({ versionNumber: localList.of(station).version }),
    SendLocalList: send2x,
  },
};
