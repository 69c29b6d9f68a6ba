/** Sets a station up in a real browser, on a phone and on a desk. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { runStart, startEnvironment, type StartRun } from "#start/testing_start.ts";
import { buildConsole } from "./build.ts";
import { launchBrowser, skip } from "./testing_browser.ts";
import { TestCharger } from "./testing_charger.ts";
import { fits, inSight, shown, slowestMs } from "./testing_page.ts";

const configurationKey = [
  { key: "HeartbeatInterval", readonly: false, value: "300" },
  { key: "MeterValueSampleInterval", readonly: false, value: "60" },
  { key: "MeterValuesSampledData", readonly: false, value: "Energy.Active.Import.Register" },
  { key: "NumberOfConnectors", readonly: true, value: "2" },
  { key: "SupportedFeatureProfiles", readonly: true, value: "Core,SmartCharging,RemoteTrigger" },
];

describe("configuration in the console", { skip }, () => {
  let folder = "";
  let run: StartRun;
  let browser: Browser;
  let httpUrl = "";
  let ocppUrl = "";
  let key = "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "statewatt-configuration-"));
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

  async function ask(method: string, path: string, body: unknown, status: number): Promise<void> {
    const response = await fetch(`${httpUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    equal(response.status, status, await response.text());
  }

  for (const viewport of [{ width: 1280, height: 900 }, { width: 390, height: 844 }]) {
    it(`a value is found, changed and kept, drift is seen, at ${viewport.width} pixels`, async () => {
      const id = `SET-${viewport.width}`;
      await ask("POST", "/stations", { id, securityProfile: 0, quiet: false }, 201);
      await ask("POST", "/configuration-templates", {
        id: `t-${id}`,
        match: { model: `Model ${id}` },
        variables: [{ variable: "MeterValueSampleInterval", value: "60" }],
      }, 201);
      const answers = { GetConfiguration: { configurationKey } };
      const charger = await TestCharger.connect(`${ocppUrl}/${id}`, answers);
      await charger.call("BootNotification", {
        chargePointVendor: "Volta",
        chargePointModel: `Model ${id}`,
      });
      deepEqual(await charger.called("GetConfiguration"), {});

      const context = await browser.newContext({ viewport });
      const page = await context.newPage();
      page.setDefaultTimeout(slowestMs);
      const pictures = process.env["CONSOLE_PICTURES"];
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(`${httpUrl}/#key=${key}`);
      await page.goto(`${httpUrl}/stations/${id}?tab=configuration`);
      const keys = page.getByRole("region", { name: "Configuration keys" });
      await shown(keys.getByText("MeterValuesSampledData"));
      await shown(page.getByRole("img", { name: "1 As intended" }));
      ok(await fits(page), "the page is wider than the window");
      await inSight(page.getByRole("tab", { name: "Configuration" }));
      equal(await page.getByRole("button", { name: "Change NumberOfConnectors" }).count(), 0);

      await page.getByLabel("Search variables").fill("heart");
      await page.getByRole("button", { name: "Change HeartbeatInterval" }).click();
      await page.getByLabel("Value of HeartbeatInterval").fill("120");
      await page.getByText("Keep it so").click();
      await page.getByRole("button", { name: "Send", exact: true }).click();
      deepEqual(await charger.called("ChangeConfiguration"), {
        key: "HeartbeatInterval",
        value: "120",
      });
      await shown(keys.getByText("120", { exact: true }));
      await shown(page.getByRole("img", { name: "2 As intended" }));

      // Somebody else sets it to another value.
      await ask("POST", `/stations/${id}/commands/set-variables`, {
        variables: [{ variable: "HeartbeatInterval", value: "30" }],
      }, 202);
      await charger.called("ChangeConfiguration");
      await shown(page.getByRole("img", { name: "1 Differs, 1 As intended" }));
      ok(await fits(page), "the page is wider than the window");
      if (pictures !== undefined) {
        await page.screenshot({ path: `${pictures}/${id}.png`, fullPage: true });
      }
      await page.getByRole("button", { name: "Send what differs" }).click();
      deepEqual(await charger.called("ChangeConfiguration"), {
        key: "HeartbeatInterval",
        value: "120",
      });
      await shown(page.getByRole("img", { name: "2 As intended" }));
      deepEqual(problems, []);
      await context.close();
      await charger.close();
    });
  }

  for (const viewport of [{ width: 1280, height: 900 }, { width: 390, height: 844 }]) {
    it(`a template is made, corrected and removed, at ${viewport.width} pixels`, async () => {
      const id = `TEMPLATE-${viewport.width}`;
      const name = `Depot ${viewport.width}/1`;
      await ask("POST", "/stations", { id, securityProfile: 0, quiet: false }, 201);
      const answers = { GetConfiguration: { configurationKey } };
      const charger = await TestCharger.connect(`${ocppUrl}/${id}`, answers);
      await charger.call("BootNotification", {
        chargePointVendor: "Volta",
        chargePointModel: `Model ${id}`,
      });
      deepEqual(await charger.called("GetConfiguration"), {});

      const context = await browser.newContext({ viewport });
      const page = await context.newPage();
      page.setDefaultTimeout(slowestMs);
      const picture = async (of: string): Promise<void> => {
        const pictures = process.env["CONSOLE_PICTURES"];
        if (pictures === undefined) return;
        await page.screenshot({ path: `${pictures}/${id}-${of}.png`, animations: "disabled" });
      };
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(`${httpUrl}/#key=${key}`);
      if (viewport.width < 760) await page.getByRole("button", { name: "More" }).click();
      await page.getByRole(viewport.width < 760 ? "menuitem" : "link", { name: "Templates" })
        .click();
      await page.getByRole("button", { name: "Add a template" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Name").fill(name);
      await shown(dialog.getByText("it is for every station"));
      await dialog.getByLabel("Model").fill(`Model ${id}`);
      const first = dialog.getByRole("group", { name: "Value 1" });
      await first.getByLabel("Variable").fill("HeartbeatInterval");
      await first.getByLabel("Value", { exact: true }).fill("60");
      await dialog.getByRole("button", { name: "Add a value" }).click();
      const second = dialog.getByRole("group", { name: "Value 2" });
      await second.getByLabel("Variable").fill("AuthorizationKey");
      await shown(second.getByText("A secret is not kept here"));
      const save = dialog.getByRole("button", { name: "Save" });
      ok(await save.isDisabled(), "a secret can be saved");
      await second.getByRole("button", { name: "Details" }).click();
      await second.getByLabel("Connector").fill("1");
      await shown(second.getByText("give the EVSE too"));
      ok(await fits(page), "the dialog is wider than the window");
      await picture("form");
      await second.getByRole("button", { name: "Remove" }).click();
      await save.click();
      const row = page.getByRole("row").filter({ hasText: name });
      await shown(row.getByText("HeartbeatInterval = 60"));
      await shown(row.getByText(`Model Model ${id}`));
      await dialog.waitFor({ state: "hidden" });
      ok(await fits(page), "the page is wider than the window");
      await picture("list");

      await page.goto(`${httpUrl}/stations/${id}?tab=configuration`);
      const intended = page.getByRole("region", { name: "Intended configuration" });
      await shown(intended.getByRole("img", { name: "1 Differs" }));
      await picture("station");
      await intended.getByRole("link", { name }).first().click();
      const value = dialog.getByRole("group", { name: "Value 1" })
        .getByLabel("Value", { exact: true });
      equal(await value.inputValue(), "60");
      await value.fill("300");
      await save.click();
      await shown(row.getByText("HeartbeatInterval = 300"));
      await dialog.waitFor({ state: "hidden" });
      await page.goto(`${httpUrl}/stations/${id}?tab=configuration`);
      await shown(intended.getByRole("img", { name: "1 As intended" }));

      await intended.getByRole("link", { name }).click();
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: `Remove ${name}` }).click();
      await dialog.getByRole("button", { name: "Remove", exact: true }).click();
      await row.waitFor({ state: "hidden" });
      await page.goto(`${httpUrl}/stations/${id}?tab=configuration`);
      await shown(intended.getByText("Nothing is intended for this station"));
      await page.goto(`${httpUrl}/templates?template=${encodeURIComponent(name)}`);
      await shown(dialog.getByText("it may have been removed"));
      deepEqual(problems, []);
      await context.close();
      await charger.close();
    });
  }

  it("a station is asked to watch a temperature, and what it notices is shown", async () => {
    const id = "WATCH-1";
    await ask("POST", "/stations", { id, securityProfile: 0, quiet: true }, 201);
    const temperature = {
      component: { name: "EVSE", evse: { id: 1 } },
      variable: { name: "Temperature" },
    };
    const answer = { id: 7, status: "Accepted", type: "UpperThreshold", severity: 2 };
    const charger = await TestCharger.connect(
      `${ocppUrl}/${id}`,
      {
        SetVariableMonitoring: { setMonitoringResult: [{ ...answer, ...temperature }] },
      },
      "127.0.0.1",
      "ocpp2.0.1",
    );
    const chargingStation = { model: "Two", vendorName: "Volta" };
    await charger.call("BootNotification", { reason: "PowerUp", chargingStation });
    const generatedAt = new Date().toISOString();
    const variableCharacteristics = { dataType: "decimal", supportsMonitoring: true };
    const variableAttribute = [{ value: "41", mutability: "ReadOnly" }];
    const reportData = [{ ...temperature, variableAttribute, variableCharacteristics }];
    await charger.call("NotifyReport", { requestId: 1, generatedAt, seqNo: 0, reportData });

    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    page.setDefaultTimeout(slowestMs);
    await page.goto(`${httpUrl}/#key=${key}`);
    await page.goto(`${httpUrl}/stations/${id}?tab=configuration`);
    await shown(page.getByRole("region", { name: "EVSE 1" }).getByText("41"));
    await page.getByRole("button", { name: "Watch…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("combobox", { name: "What" }).click();
    await page.getByRole("option", { name: "EVSE 1 Temperature" }).click();
    await dialog.getByLabel("Value").fill("70");
    await dialog.getByRole("combobox", { name: "How serious that is" }).click();
    await page.getByRole("option", { name: "2 · System failure" }).click();
    ok(await fits(page), "the dialog is wider than the window");
    await dialog.getByRole("button", { name: "Watch", exact: true }).click();
    deepEqual(await charger.called("SetVariableMonitoring"), {
      setMonitoringData: [{ value: 70, type: "UpperThreshold", severity: 2, ...temperature }],
    });
    const monitors = page.getByRole("region", { name: "Monitors" });
    await shown(monitors.getByText("above 70"));

    const timestamp = new Date().toISOString();
    const event = { eventId: 1, timestamp, trigger: "Alerting", actualValue: "82" };
    const of = { eventNotificationType: "CustomMonitor", variableMonitoringId: 7 };
    const eventData = [{ ...event, ...of, ...temperature }];
    await charger.call("NotifyEvent", { generatedAt: timestamp, seqNo: 0, eventData });
    await shown(monitors.getByText("82", { exact: true }));
    await shown(page.getByRole("img", { name: "EVSE 1 Temperature: 1 event in 24 hours" }));
    ok(await fits(page), "the page is wider than the window");
    await page.close();
    await charger.close();
  });
});
