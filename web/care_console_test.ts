/** Drives firmware, logs, passwords and security of a station in a real browser. */
import { equal, match, ok } from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { Recording } from "#loadtest/conformance/recording.ts";
import { ScriptedStation } from "#loadtest/conformance/scripted_station.ts";
import { bootNotification } from "#loadtest/conformance/station_words.ts";
import { runStart, startEnvironment, type StartRun } from "#start/testing_start.ts";
import { buildConsole } from "./build.ts";
import { launchBrowser, skip } from "./testing_browser.ts";
import { fits, shown } from "./testing_page.ts";

const widths = [{ width: 1280, height: 900 }, { width: 390, height: 844 }] as const;

describe("console: service of a station", { skip }, () => {
  let folder = "";
  let run: StartRun;
  let browser: Browser;
  let httpUrl = "";
  let ocppUrl = "";
  let key = "";
  const problems: string[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "statewatt-care-"));
    const environment = await startEnvironment(folder);
    httpUrl = `http://127.0.0.1:${environment["HTTP_PORT"]}`;
    ocppUrl = `ws://127.0.0.1:${environment["OCPP_PORT"]}/ocpp`;
    await buildConsole(() => {});
    run = runStart(environment, [], fileURLToPath(new URL("../start/main.ts", import.meta.url)));
    ok(await run.says("operator key"), run.output());
    key = (await readFile(join(folder, "operator.key"), "utf8")).trim();
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    await run?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function station(identity: string, settings: object): Promise<ScriptedStation> {
    const response = await fetch(`${httpUrl}/api/v1/stations`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ id: identity, securityProfile: 0, ...settings }),
    });
    equal(response.status, 201, await response.text());
    const url = ocppUrl;
    const made = new ScriptedStation({ url, identity, protocol: "ocpp2.0.1" }, new Recording());
    await made.connect();
    await made.call("BootNotification", bootNotification("ocpp2.0.1"));
    return made;
  }

  async function openedAt(viewport: typeof widths[number], path: string): Promise<Page> {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(`${httpUrl}/#key=${key}`);
    await shown(page.getByRole("heading", { name: "Stations" }));
    await page.goto(`${httpUrl}${path}`);
    return page;
  }

  /** Looked at by people when they ask for it. */
  async function picture(page: Page, name: string): Promise<void> {
    const into = process.env["SHOTS_DIR"];
    if (into !== undefined) {
      await page.screenshot({ path: join(into, `${name}.png`), fullPage: true });
    }
  }

  for (const viewport of widths) {
    it(`updates firmware, gets a log, sets the password and a network profile, at ${viewport.width} pixels`, async () => {
      const id = `CARE-${viewport.width}`;
      const charger = await station(id, { quiet: true });
      const page = await openedAt(viewport, `/stations/${id}?tab=service`);
      await shown(page.getByText("No update yet"));
      await shown(page.getByText("Nothing reported"));
      await picture(page, `${id}-empty`);

      await page.getByRole("button", { name: "Update…" }).click();
      await page.getByLabel("Address of the file").fill("https://files.example.net/fw-2.bin");
      await picture(page, `${id}-update`);
      await page.getByRole("button", { name: "Send to the station" }).click();
      const update = await charger.expectCall("UpdateFirmware");
      update.answer({ status: "Accepted" });
      const { requestId } = update.payload;
      const firmware = page.getByRole("region", { name: "Firmware" });
      await shown(firmware.getByText("fw-2.bin"));
      await charger.call("FirmwareStatusNotification", { status: "Downloading", requestId });
      await shown(firmware.getByText("Under way"));
      await charger.call("FirmwareStatusNotification", { status: "DownloadFailed", requestId });
      await shown(firmware.getByText("could not load the file"));

      await page.getByRole("button", { name: "Get a log…" }).click();
      await page.getByLabel("Send it to").fill("https://files.example.net/upload");
      await page.getByRole("button", { name: "Ask for it" }).click();
      const log = await charger.expectCall("GetLog");
      log.answer({ status: "Accepted", filename: "diagnostics.zip" });
      await charger.call("LogStatusNotification", {
        ...{ status: "Uploaded", requestId: log.payload["requestId"] },
      });
      const logs = page.getByRole("region", { name: "Logs" });
      await shown(logs.getByText("diagnostics.zip"));
      await shown(logs.getByText("Done", { exact: true }));

      await charger.call("SecurityEventNotification", {
        ...{ type: "TamperDetectionActivated", timestamp: new Date().toISOString() },
        techInfo: "door of the cabinet",
      });
      await shown(page.getByText("Tamper detection activated"));
      await shown(page.getByText("door of the cabinet"));

      await page.getByRole("button", { name: "Set on the station" }).click();
      const set = await charger.expectCall("SetVariables");
      const [variable] = set.payload["setVariableData"] as readonly Record<string, unknown>[];
      const drawn = await page.locator(".password-outcome code").innerText();
      match(drawn, /^[0-9A-F]{40}$/);
      equal(variable?.["attributeValue"], drawn);
      const { component, variable: name } = variable ?? {};
      set.answer({
        setVariableResult: [{ attributeStatus: "Accepted", component, variable: name }],
      });
      await shown(page.getByText("has taken the new password"));

      await page.getByRole("button", { name: "Set…" }).click();
      await page.getByLabel("Address of the platform").fill("wss://csms.example.net/ocpp");
      await picture(page, `${id}-network`);
      await page.getByRole("button", { name: "Set", exact: true }).click();
      (await charger.expectCall("SetNetworkProfile")).answer({ status: "Failed" });
      await shown(page.getByText("The station said Failed"));
      ok(await fits(page), "the service of a station is wider than the window");
      await picture(page, `${id}-full`);
      equal(problems.join("\n"), "");
      charger.end();
      await page.context().close();
    });
  }

  it("a station that waits is accepted in its settings, and boots at once", async () => {
    const charger = await station("CARE-WAITS", {
      registration: "Pending",
      bootRetrySeconds: 3_600,
    });
    const page = await openedAt(widths[0], "/stations/CARE-WAITS?tab=settings");
    await shown(page.getByLabel("Tries again after"));
    await picture(page, "CARE-settings");
    await page.getByRole("combobox", { name: "Registration" }).click();
    await page.getByRole("option", { name: "Accepted" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    const trigger = await charger.expectCall("TriggerMessage", 20_000);
    equal(trigger.payload["requestedMessage"], "BootNotification");
    trigger.answer({ status: "Accepted" });
    const boot = bootNotification("ocpp2.0.1", "Triggered");
    equal((await charger.call("BootNotification", boot))["status"], "Accepted");
    equal(problems.join("\n"), "");
    charger.end();
    await page.context().close();
  });
});
