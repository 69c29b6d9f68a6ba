/** Updates of firmware (OCPP 1.6J, 5.19 and its security extension; OCPP 2.0.1 Part 2, L01). */
import { type ChargerBlock, Part, type Trigger } from "../block.ts";
import {
  instantField,
  numberField,
  objectField,
  type Payload,
  present,
  textField,
} from "../dialect.ts";
import type { Station } from "../station.ts";
import { securityEvent } from "./security.ts";

/** Of each stage of the work, in the charger's time. */
const STAGE_MS = 2_000;
const RETRY_SECONDS = 5;

interface Update {
  readonly location: string;
  readonly retrieveAt: number;
  readonly installAt: number;
  readonly retries: number;
  readonly retryMs: number;
  /** Undefined: UpdateFirmware of 1.6, which has none. */
  readonly requestId: number | undefined;
  readonly isSigned: boolean;
}

/**
 * One update at a time; a new one ends the one before while it still downloads. Words in the file's
 * address decide: `fail`, `badsignature`, `installfail`; a version in it is the new one.
 */
class Firmware {
  readonly #station: Station;
  #current: Update | undefined;
  #status = "Idle";
  /** It is in: the next boot is with the new version. */
  #isRebooting = false;

  constructor(station: Station) {
    this.#station = station;
  }

  get status(): string {
    return this.#status;
  }

  get requestId(): number | undefined {
    return this.#current?.requestId;
  }

  get isSigned(): boolean {
    return this.#current?.isSigned ?? false;
  }

  begin(update: Update): "Accepted" | "AcceptedCanceled" | "Rejected" {
    if (this.#isRebooting) return "Rejected";
    const former = this.#current;
    this.#current = update;
    this.#status = "Idle";
    this.#station.afterwards(() => this.#run(update));
    return former === undefined ? "Accepted" : "AcceptedCanceled";
  }

  /** Booted: the update is done. */
  online(): void {
    const update = this.#current;
    if (!this.#isRebooting || update === undefined) return;
    this.#isRebooting = false;
    securityEvent(this.#station, "FirmwareUpdated", this.#station.nameplate.firmwareVersion);
    this.#end("Installed", update);
  }

  async #run(update: Update): Promise<void> {
    if (!await this.#isDue("DownloadScheduled", update.retrieveAt, update)) return;
    if (!await this.#download(update)) return;
    if (update.isSigned && !await this.#verify(update)) return;
    if (!await this.#isDue("InstallScheduled", update.installAt, update)) return;
    this.#tell("Installing", update);
    if (!await this.#works(update)) return;
    if (update.location.includes("installfail")) return this.#end("InstallationFailed", update);
    this.#tell("InstallRebooting", update);
    this.#isRebooting = true;
    const { charger, link, nameplate } = this.#station;
    for (const { evseId } of charger.outlets) charger.end(evseId, "Reboot");
    nameplate.firmwareVersion = versionOf(update.location, nameplate.firmwareVersion);
    link.reboot("FirmwareUpdate");
  }

  async #download(update: Update): Promise<boolean> {
    const isLost = /fail/.test(update.location.replaceAll("installfail", ""));
    for (let attempt = 0; attempt <= update.retries; attempt++) {
      this.#tell("Downloading", update);
      // deno-lint-ignore no-await-in-loop -- one attempt after the other
      if (!await this.#works(update)) return false;
      if (!isLost) {
        this.#tell("Downloaded", update);
        return true;
      }
      // deno-lint-ignore no-await-in-loop
      if (attempt < update.retries) await this.#station.wait(update.retryMs);
    }
    this.#end("DownloadFailed", update);
    return false;
  }

  async #verify(update: Update): Promise<boolean> {
    if (!await this.#works(update)) return false;
    if (update.location.includes("badsignature")) {
      securityEvent(this.#station, "InvalidFirmwareSignature");
      this.#end("InvalidSignature", update);
      return false;
    }
    this.#tell("SignatureVerified", update);
    return true;
  }

  /** Waits for its time; false when another update has come meanwhile. */
  async #isDue(status: string, at: number, update: Update): Promise<boolean> {
    const waitMs = at - this.#station.now();
    if (waitMs > 0) {
      this.#tell(status, update);
      await this.#station.wait(waitMs);
    }
    return this.#current === update;
  }

  async #works(update: Update): Promise<boolean> {
    await this.#station.wait(STAGE_MS);
    return this.#current === update;
  }

  #end(status: string, update: Update): void {
    this.#tell(status, update);
    if (this.#current !== update) return;
    this.#current = undefined;
    this.#status = "Idle";
  }

  #tell(status: string, update: Update): void {
    if (this.#current !== update) return;
    this.#status = status;
    if (this.#station.is16 && !update.isSigned && !words16.has(status)) return;
    this.#station.report(statusMessage(this.#station, status, update));
  }
}

/** FirmwareStatus of 1.6 without signatures. */
const words16: ReadonlySet<string> = new Set([
  "Downloaded",
  "DownloadFailed",
  "Downloading",
  "Idle",
  "InstallationFailed",
  "Installing",
  "Installed",
]);

function statusMessage(
  station: Station,
  status: string,
  update: { readonly requestId: number | undefined; readonly isSigned: boolean } | undefined,
): { readonly action: string; readonly payload: Payload } {
  const isSigned16 = station.is16 && update?.isSigned === true;
  return {
    action: isSigned16 ? "SignedFirmwareStatusNotification" : "FirmwareStatusNotification",
    payload: present({ status, requestId: update?.requestId }),
  };
}

/** The version that the address names, or one more than it was. */
function versionOf(location: string, former: string): string {
  const named = /(\d+\.\d+\.\d+)(?!.*\d+\.\d+\.\d+)/.exec(location.replace(/^\w+:\/\/[^/]*/, ""));
  if (named?.[1] !== undefined) return named[1];
  const parts = former.split(".");
  const last = Number(parts.pop());
  return [...parts, Number.isNaN(last) ? "1" : String(last + 1)].join(".");
}

export const firmware = new Part((station) => new Firmware(station));

function update16(station: Station, payload: Payload): Payload {
  firmware.of(station).begin({
    ...attemptsOf(payload),
    location: textField(payload, "location") ?? "",
    retrieveAt: instantField(payload, "retrieveDate") ?? 0,
    installAt: 0,
    requestId: undefined,
    isSigned: false,
  });
  return {};
}

function update(station: Station, payload: Payload): Payload {
  const file = objectField(payload, "firmware");
  const certificate = textField(file, "signingCertificate");
  if (certificate?.includes("invalid") === true) {
    securityEvent(station, "InvalidFirmwareSigningCertificate");
    return { status: "InvalidCertificate" };
  }
  const status = firmware.of(station).begin({
    ...attemptsOf(payload),
    location: textField(file, "location") ?? "",
    retrieveAt: instantField(file, "retrieveDateTime") ?? 0,
    installAt: instantField(file, "installDateTime") ?? 0,
    requestId: numberField(payload, "requestId") ?? 0,
    isSigned: certificate !== undefined,
  });
  return { status };
}

function attemptsOf(payload: Payload): Pick<Update, "retries" | "retryMs"> {
  return {
    retries: numberField(payload, "retries") ?? 0,
    retryMs: (numberField(payload, "retryInterval") ?? RETRY_SECONDS) * 1_000,
  };
}

export const firmwareTriggers: Readonly<Record<string, Trigger>> = {
  FirmwareStatusNotification: (station) => {
    const current = firmware.ifMade(station);
    const running = current?.status === "Idle" ? undefined : current;
    station.reply(statusMessage(station, running?.status ?? "Idle", running));
    return true;
  },
};

export const firmwareBlock: ChargerBlock = {
  answers16: { UpdateFirmware: update16, SignedUpdateFirmware: update },
  answers2x: { UpdateFirmware: update },
  online: (station) => firmware.ifMade(station)?.online(),
};
