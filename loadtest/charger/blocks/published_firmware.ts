/** Firmware for the neighbours of a local controller (OCPP 2.0.1 Part 2, L03 and L04). */
import { type ChargerBlock, Part, type Trigger } from "../block.ts";
import { numberField, type Payload, present, textField } from "../dialect.ts";
import type { Station } from "../station.ts";

const STAGE_MS = 2_000;

interface Publication {
  readonly location: string;
  readonly checksum: string;
  readonly requestId: number;
}

class PublishedFirmware {
  readonly #station: Station;
  readonly #published = new Map<string, string>();
  #current: Publication | undefined;

  constructor(station: Station) {
    this.#station = station;
  }

  get isIdle(): boolean {
    return this.#current === undefined;
  }

  begin(publication: Publication): void {
    this.#current = publication;
    this.#station.afterwards(() => this.#run(publication));
  }

  unpublish(checksum: string): string {
    if (this.#current?.checksum === checksum) return "DownloadOngoing";
    return this.#published.delete(checksum) ? "Unpublished" : "NoFirmware";
  }

  async #run(publication: Publication): Promise<void> {
    this.#say("Downloading", publication);
    await this.#station.wait(STAGE_MS);
    if (publication.location.includes("fail")) return this.#end("DownloadFailed", publication);
    this.#say("Downloaded", publication);
    this.#say("ChecksumVerified", publication);
    const place = `http://charger.local/${publication.checksum}`;
    this.#published.set(publication.checksum, place);
    this.#end("Published", publication, [place]);
  }

  #end(status: string, publication: Publication, location?: readonly string[]): void {
    if (this.#current === publication) this.#current = undefined;
    this.#say(status, publication, location);
  }

  #say(status: string, { requestId }: Publication, location?: readonly string[]): void {
    const payload = present({ status, location, requestId });
    this.#station.report({ action: "PublishFirmwareStatusNotification", payload });
  }
}

export const publishedFirmware = new Part((station) => new PublishedFirmware(station));

export const publishedFirmwareTriggers: Readonly<Record<string, Trigger>> = {
  PublishFirmwareStatusNotification: (station) => {
    if (station.is16 || publishedFirmware.ifMade(station)?.isIdle === false) return false;
    const payload: Payload = { status: "Idle" };
    station.reply({ action: "PublishFirmwareStatusNotification", payload });
    return true;
  },
};

export const publishedFirmwareBlock: ChargerBlock = {
  answers2x: {
    PublishFirmware: (station, payload) => {
      publishedFirmware.of(station).begin({
        location: textField(payload, "location") ?? "",
        checksum: textField(payload, "checksum") ?? "",
        requestId: numberField(payload, "requestId") ?? 0,
      });
      return { status: "Accepted" };
    },
    UnpublishFirmware: (station, payload) => ({
      status: publishedFirmware.of(station).unpublish(textField(payload, "checksum") ?? ""),
    }),
  },
};
