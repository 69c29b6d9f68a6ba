/** Drives the limits of a station in a real browser, with a 2.0.1 station, on a phone and a desk. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { Recording } from "#loadtest/conformance/recording.ts";
import { ScriptedStation } from "#loadtest/conformance/scripted_station.ts";
import { bootNotification, statusNotification } from "#loadtest/conformance/station_words.ts";
import { runStart, startEnvironment, type StartRun } from "#start/testing_start.ts";
import { buildConsole } from "./build.ts";
import { launchBrowser, skip } from "./testing_browser.ts";
import { fits, shown } from "./testing_page.ts";

const widths = [{ width: 1440, height: 900 }, { width: 390, height: 844 }] as const;

describe("console: limits", { skip }, () => {
  let folder = "";
  let run: StartRun;
  let browser: Browser;
  let httpUrl = "";
  let ocppUrl = "";
  let key = "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "statewatt-limits-"));
    const environment = await startEnvironment(folder);
    httpUrl = `http://127.0.0.1:${environment["HTTP_PORT"]}`;
    ocppUrl = `ws://127.0.0.1:${environment["OCPP_PORT"]}/ocpp`;
    await buildConsole(() => {});
    run = runStart(environment, [], fileURLToPath(new URL("../start/main.ts", import.meta.url)));
    ok(await run.says("operator key"), run.output());
    key = (await readFile(join(folder, "operator.key"), "utf8")).trim();
    const startSchedule = new Date().toISOString();
    await create("/charging-profiles", {
      id: 77,
      description: "Evening",
      chargingProfile: {
        stackLevel: 1,
        chargingProfilePurpose: "TxDefaultProfile",
        chargingProfileKind: "Recurring",
        recurrencyKind: "Daily",
        chargingSchedule: [{
          id: 1,
          startSchedule,
          duration: 14_400,
          chargingRateUnit: "A",
          chargingSchedulePeriod: [{ startPeriod: 0, limit: 6 }, { startPeriod: 7_200, limit: 10 }],
        }],
      },
    });
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    await run?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function create(path: string, body: unknown): Promise<void> {
    const response = await fetch(`${httpUrl}/api/v1${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    equal(response.status, 201, await response.text());
  }

  async function station(identity: string): Promise<ScriptedStation> {
    await create("/stations", { id: identity, securityProfile: 0, quiet: true });
    const recording = new Recording();
    const made = new ScriptedStation({ url: ocppUrl, identity, protocol: "ocpp2.0.1" }, recording);
    await made.connect();
    await made.call("BootNotification", bootNotification("ocpp2.0.1"));
    await made.call("StatusNotification", statusNotification("ocpp2.0.1", 1, "Available", 1));
    return made;
  }

  /** Answers the two questions of "Ask the station": 5 A instead of what was set. */
  async function tellAll(charger: ScriptedStation): Promise<void> {
    const composite = await charger.expectCall("GetCompositeSchedule");
    composite.answer({
      status: "Accepted",
      schedule: {
        evseId: 0,
        duration: 86_400,
        scheduleStart: new Date().toISOString(),
        chargingRateUnit: "A",
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 5 }],
      },
    });
    const question = await charger.expectCall("GetChargingProfiles");
    question.answer({ status: "Accepted" });
    const { requestId } = question.payload;
    await charger.call("ReportChargingProfiles", {
      requestId,
      chargingLimitSource: "CSO",
      evseId: 0,
      chargingProfile: [{
        id: 1,
        stackLevel: 0,
        chargingProfilePurpose: "ChargingStationMaxProfile",
        chargingProfileKind: "Absolute",
        chargingSchedule: [{
          id: 1,
          startSchedule: new Date().toISOString(),
          chargingRateUnit: "A",
          chargingSchedulePeriod: [{ startPeriod: 0, limit: 5 }],
        }],
      }],
    });
  }

  for (const viewport of widths) {
    it(`sets, draws and clears limits, at ${viewport.width} pixels`, async () => {
      const id = `LIMITS-${viewport.width}`;
      const charger = await station(id);
      const context = await browser.newContext({ viewport });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(`${httpUrl}/#key=${key}`);
      await shown(page.getByRole("heading", { name: "Stations" }));
      await page.goto(`${httpUrl}/stations/${id}?tab=charging`);
      await shown(page.getByText("No charging profile"));

      await page.getByRole("button", { name: "Set a limit" }).click();
      await page.getByLabel("Limit", { exact: true }).fill("12");
      await page.getByRole("button", { name: "Set the limit" }).click();
      const call = await charger.expectCall("SetChargingProfile");
      equal(call.payload["evseId"], 0);
      await shown(page.getByText("Sent", { exact: true }));
      call.answer({ status: "Accepted" });
      await shown(page.getByText("In force"));
      await shown(page.getByRole("img", { name: /Limit of the next day, Whole station/ }));

      await page.getByRole("button", { name: "Ask the station" }).click();
      await tellAll(charger);
      await shown(page.getByText(/it differs in 1 place, first 5 A instead of 12 A/));
      await shown(page.getByText("the station has 5 A"));
      await page.getByRole("button", { name: "Draw" }).click();
      await shown(page.getByRole("img", { name: /Profile 1, Limit of the whole station/ }));
      ok(await fits(page), "the limits are wider than the window");

      await page.getByRole("button", { name: "Set a limit" }).click();
      await page.getByPlaceholder("None: as filled in below").click();
      await page.getByRole("option", { name: /77 Evening: 6 A to 10 A/ }).click();
      await page.getByRole("combobox", { name: "For" }).click();
      await page.getByRole("option", { name: "Every session at EVSE 1" }).click();
      await page.getByRole("button", { name: "Set the limit" }).click();
      const second = await charger.expectCall("SetChargingProfile");
      equal(second.payload["evseId"], 1);
      second.answer({ status: "Rejected", statusInfo: { reasonCode: "NoPeriods" } });
      await shown(page.getByText("Rejected (NoPeriods)"));

      const first = page.getByRole("row").filter({ hasText: "Limit of the whole station" });
      await first.getByRole("button", { name: "Clear" }).click();
      const clear = await charger.expectCall("ClearChargingProfile");
      deepEqual(clear.payload, { chargingProfileId: 1 });
      clear.answer({ status: "Accepted" });
      await page.getByText("In force").waitFor({ state: "detached" });
      ok(await fits(page), "the list of limits is wider than the window");

      equal(problems.join("\n"), "");
      charger.end();
      await context.close();
    });
  }
});
