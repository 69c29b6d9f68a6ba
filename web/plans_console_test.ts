/** Drives the pages of reservations and campaigns in a real browser, on a phone and on a desk. */
import { equal, ok } from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { inTime } from "#loadtest/conformance/in_time.ts";
import { runStart, startEnvironment, type StartRun } from "#start/testing_start.ts";
import { buildConsole } from "./build.ts";
import { launchBrowser, skip } from "./testing_browser.ts";
import { TestCharger } from "./testing_charger.ts";
import { fits, shown, slowestMs } from "./testing_page.ts";

const widths = [{ width: 1280, height: 900 }, { width: 390, height: 844 }] as const;

describe("console: reservations and campaigns", { skip }, () => {
  let folder = "";
  let run: StartRun;
  let browser: Browser;
  let httpUrl = "";
  let ocppUrl = "";
  let key = "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "statewatt-plans-"));
    const environment = await startEnvironment(folder);
    httpUrl = `http://127.0.0.1:${environment["HTTP_PORT"]}`;
    ocppUrl = `ws://127.0.0.1:${environment["OCPP_PORT"]}/ocpp`;
    await buildConsole(() => {});
    run = runStart(environment, [], fileURLToPath(new URL("../start/main.ts", import.meta.url)));
    ok(await run.says("operator key"), run.output());
    key = (await readFile(join(folder, "operator.key"), "utf8")).trim();
    await create("/tokens", { uid: "DRIVER-1", groupId: "TAXIS" });
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
    const text = await response.text();
    equal(response.status, 201, text);
  }

  async function charger(
    id: string,
    answers: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
  ): Promise<TestCharger> {
    await create("/stations", { id, securityProfile: 0, quiet: true });
    const connected = await TestCharger.connect(`${ocppUrl}/${id}`, answers);
    const boot = { chargePointVendor: "Volta", chargePointModel: "One" };
    await connected.call("BootNotification", boot);
    await connected.status(1, "Available");
    return connected;
  }

  async function called(
    station: TestCharger,
    action: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    return await inTime(station.called(action), slowestMs, `a CALL ${action}`);
  }

  async function look(page: Page, what: string): Promise<void> {
    ok(await fits(page), `${what} is wider than the window`);
    const pictures = process.env["CONSOLE_PICTURES"];
    if (pictures === undefined) return;
    const width = page.viewportSize()?.width;
    await page.screenshot({ path: `${pictures}/${what}-${width}.png`, fullPage: true });
  }

  for (const viewport of widths) {
    it(`reserves a connector, sees it used and cancels another, at ${viewport.width} pixels`, async () => {
      const id = `RES-${viewport.width}`;
      const station = await charger(id);
      const context = await browser.newContext({ viewport });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(`${httpUrl}/#key=${key}`);
      await page.goto(`${httpUrl}/stations/${id}?tab=reservations`);
      await shown(page.getByText("Nothing is reserved").or(page.getByText("No reservation")));
      await look(page, "reservations-none");

      await page.getByRole("tab", { name: "Now" }).click();
      await page.getByRole("region", { name: "Connector 1" })
        .getByRole("button", { name: "Reserve" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("For the token").fill("DRIVER-1");
      await shown(dialog.getByText("Its group is TAXIS"));
      await dialog.getByLabel("And its group").fill("TAXIS");
      await look(page, "reserve-dialog");
      await dialog.getByRole("button", { name: "Reserve" }).click();
      const asked = await called(station, "ReserveNow");
      equal(asked["connectorId"], 1);
      equal(asked["parentIdTag"], "TAXIS");
      await station.status(1, "Reserved");

      await page.getByRole("tab", { name: "Reservations" }).click();
      await shown(page.getByRole("cell").getByText("Reserved", { exact: true }));
      await shown(page.getByRole("listitem").getByText("DRIVER-1"));
      await look(page, "reservations");

      await station.call("StartTransaction", {
        connectorId: 1,
        idTag: "DRIVER-1",
        meterStart: 0,
        timestamp: new Date().toISOString(),
        reservationId: asked["reservationId"],
      });
      await shown(page.getByRole("cell").getByText("Used", { exact: true }));
      await shown(page.getByRole("link", { name: "Session" }).last());

      await page.getByRole("button", { name: "Reserve" }).click();
      await dialog.getByLabel("For the token").fill("SOMEBODY");
      await look(page, "reserve-any");
      await dialog.getByRole("button", { name: "Reserve" }).click();
      const any = await called(station, "ReserveNow");
      equal(any["connectorId"], 0);
      await dialog.waitFor({ state: "hidden", timeout: slowestMs });
      await page.getByRole("cell").getByRole("button", { name: "Cancel", exact: true }).click();
      const cancelled = await called(station, "CancelReservation");
      equal(cancelled["reservationId"], any["reservationId"]);
      await shown(page.getByRole("cell").getByText("Cancelled", { exact: true }));

      equal(problems.join("\n"), "");
      await station.close();
      await context.close();
    });
  }

  for (const viewport of widths) {
    it(`plans a campaign in three steps and follows it, at ${viewport.width} pixels`, async () => {
      const { width } = viewport;
      const good = await charger(`CAMP-${width}-A`);
      const bad = await charger(`CAMP-${width}-B`, { Reset: { status: "Rejected" } });
      await create("/stations", { id: `CAMP-${width}-C`, securityProfile: 0 });
      const context = await browser.newContext({ viewport });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(`${httpUrl}/#key=${key}`);
      await page.goto(`${httpUrl}/campaigns`);
      await page.getByRole("link", { name: "New campaign" }).click();

      await page.getByLabel("Text").fill(`CAMP-${width}`);
      await shown(page.getByText("3 stations are chosen"));
      await look(page, "campaign-who");
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByRole("combobox", { name: "What the stations shall do" }).fill("reset");
      await page.getByRole("option", { name: /^Reset/ }).first().click();
      await page.getByRole("combobox", { name: "Type" }).click();
      await page.getByRole("option", { name: "OnIdle" }).click();
      await look(page, "campaign-what");
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByLabel("Name").fill("Restart by night");
      await shown(page.getByText("Reset at 3 stations"));
      await look(page, "campaign-pace");
      await page.getByRole("button", { name: "Begin the campaign" }).click();

      await shown(page.getByRole("heading", { name: "Restart by night" }));
      equal((await called(good, "Reset"))["type"], "Soft");
      equal((await called(bad, "Reset"))["type"], "Soft");
      await shown(page.getByText("The station answered Rejected"));
      await shown(page.getByRole("cell").getByText("Away", { exact: true }));
      await shown(page.getByText("2 of 3"));
      await look(page, "campaign");

      await page.getByRole("button", { name: "Pause" }).click();
      await shown(page.getByText("Paused", { exact: true }));
      await page.getByRole("button", { name: "Resume" }).click();
      await page.getByRole("button", { name: "Retry the failed one" }).click();
      equal((await called(bad, "Reset"))["type"], "Soft");
      await page.getByRole("button", { name: "Stop" }).click();
      await shown(page.getByText("An operator stopped it"));

      await page.getByRole("link", { name: "Campaigns" }).first().click();
      await shown(page.getByRole("row").filter({ hasText: "Restart by night" }).first());
      await look(page, "campaigns");
      equal(problems.join("\n"), "");
      await Promise.all([good.close(), bad.close()]);
      await context.close();
    });
  }
});
