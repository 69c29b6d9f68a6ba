/** Logs (OCPP 1.6J, 5.9 and its security extension; OCPP 2.0.1 Part 2, N01). */
import { type ChargerBlock, Part, type Trigger } from "../block.ts";
import {
  instantText,
  numberField,
  objectField,
  type Payload,
  present,
  textField,
} from "../dialect.ts";
import type { Station } from "../station.ts";

/** How long it works at a file, in its own time. */
const WORK_MS = 2_000;
const RETRY_SECONDS = 5;
const UPLOAD_MS_MAX = 10_000;

interface Upload {
  readonly location: string;
  readonly retries: number;
  readonly retryMs: number;
  readonly fileName: string;
  /** Undefined: GetDiagnostics of 1.6, which has none. */
  readonly requestId: number | undefined;
}

/** One upload at a time; a new one ends the one before (N01.FR.12). */
class Uploads {
  readonly #station: Station;
  #current: Upload | undefined;
  #status = "Idle";

  constructor(station: Station) {
    this.#station = station;
  }

  get status(): string {
    return this.#status;
  }

  get requestId(): number | undefined {
    return this.#current?.requestId;
  }

  begin(upload: Upload): "Accepted" | "AcceptedCanceled" {
    const former = this.#current;
    this.#current = upload;
    this.#status = "Idle";
    this.#station.afterwards(() => {
      if (former?.requestId !== undefined) this.#say("AcceptedCanceled", former);
      this.#run(upload);
    });
    return former === undefined ? "Accepted" : "AcceptedCanceled";
  }

  async #run(upload: Upload): Promise<void> {
    this.#tell("Uploading", upload);
    for (let attempt = 0; attempt <= upload.retries; attempt++) {
      // deno-lint-ignore no-await-in-loop -- one attempt after the other
      await this.#station.wait(attempt === 0 ? WORK_MS : upload.retryMs);
      if (this.#current !== upload) return;
      // deno-lint-ignore no-await-in-loop
      if (await send(upload, this.#log())) return this.#end("Uploaded", upload);
    }
    this.#end(upload.requestId === undefined ? "UploadFailed" : "UploadFailure", upload);
  }

  #end(status: string, upload: Upload): void {
    if (this.#current !== upload) return;
    this.#tell(status, upload);
    this.#current = undefined;
    this.#status = "Idle";
  }

  #tell(status: string, upload: Upload): void {
    if (this.#current !== upload) return;
    this.#status = status;
    this.#say(status, upload);
  }

  #say(status: string, { requestId }: Upload): void {
    this.#station.report(
      requestId === undefined
        ? { action: "DiagnosticsStatusNotification", payload: { status } }
        : { action: "LogStatusNotification", payload: { status, requestId } },
    );
  }

  /** Something to read: what it has charged. */
  #log(): string {
    const lines = this.#station.charger.transactions.map((one) =>
      `${instantText(one.startedAt)} EVSE ${one.evseId} ${one.wireId ?? "-"} ${
        one.reason ?? "open"
      }`
    );
    return [`${this.#station.charger.identity}`, ...lines, ""].join("\n");
  }
}

/** Whether it arrived. Where it is said to fail it does; what is no web address is believed. */
async function send({ location }: Upload, text: string): Promise<boolean> {
  if (location.includes("fail")) return false;
  if (!/^https?:/.test(location)) return true;
  try {
    const signal = AbortSignal.timeout(UPLOAD_MS_MAX);
    const response = await fetch(location, { method: "PUT", body: text, signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

export const uploads = new Part((station) => new Uploads(station));

/** Their names are part of the answer. */
function fileNameOf(station: Station, kind: string): string {
  return `${station.charger.identity}-${kind}-${Math.floor(station.now() / 1_000)}.log`
    .replace(/[^A-Za-z0-9.-]/g, "_").slice(-255);
}

function getDiagnostics(station: Station, payload: Payload): Payload {
  const fileName = fileNameOf(station, "diagnostics");
  uploads.of(station).begin({
    ...attemptsOf(payload),
    location: textField(payload, "location") ?? "",
    fileName,
    requestId: undefined,
  });
  return { fileName };
}

function getLog(station: Station, payload: Payload): Payload {
  const filename = fileNameOf(station, textField(payload, "logType") ?? "log");
  const status = uploads.of(station).begin({
    ...attemptsOf(payload),
    location: textField(objectField(payload, "log"), "remoteLocation") ?? "",
    fileName: filename,
    requestId: numberField(payload, "requestId") ?? 0,
  });
  return { status, filename };
}

function attemptsOf(payload: Payload): Pick<Upload, "retries" | "retryMs"> {
  return {
    retries: numberField(payload, "retries") ?? 0,
    retryMs: (numberField(payload, "retryInterval") ?? RETRY_SECONDS) * 1_000,
  };
}

export const diagnosticsTriggers: Readonly<Record<string, Trigger>> = {
  DiagnosticsStatusNotification: (station) => {
    const current = uploads.ifMade(station);
    const status = current?.requestId === undefined ? current?.status : undefined;
    const payload = { status: status ?? "Idle" };
    station.reply({ action: "DiagnosticsStatusNotification", payload });
    return true;
  },
  LogStatusNotification: (station) => {
    const current = uploads.ifMade(station);
    const requestId = current?.requestId;
    const status = requestId === undefined ? "Idle" : current?.status;
    const payload = present({ status: status ?? "Idle", requestId });
    station.reply({ action: "LogStatusNotification", payload });
    return true;
  },
};

export const diagnosticsBlock: ChargerBlock = {
  answers16: { GetDiagnostics: getDiagnostics, GetLog: getLog },
  answers2x: { GetLog: getLog },
};
