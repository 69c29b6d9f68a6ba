/** Drives the console in a real browser against the whole platform, on a phone and on a desk. */
import { equal, ok } from "node:assert/strict";
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
import { fits, shown } from "./testing_page.ts";
import { TestCharger } from "./testing_charger.ts";

const widths = [{ width: 1440, height: 900 }, { width: 390, height: 844 }] as const;

describe("console", { skip }, () => {
  let folder = "";
  let run: StartRun;
  let browser: Browser;
  let httpUrl = "";
  let ocppUrl = "";
  let key = "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "statewatt-console-"));
    const environment = await startEnvironment(folder);
    httpUrl = `http://127.0.0.1:${environment["HTTP_PORT"]}`;
    ocppUrl = `ws://127.0.0.1:${environment["OCPP_PORT"]}/ocpp`;
    await buildConsole(() => {});
    run = runStart(environment, [], fileURLToPath(new URL("../start/main.ts", import.meta.url)));
    ok(await run.says("operator key"), run.output());
    key = (await readFile(join(folder, "operator.key"), "utf8")).trim();
    await create("/tokens", { uid: "CONSOLE-1", concurrentSessions: 0 });
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

  it("asks for the key once, refuses a wrong one, and takes it from a link", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(httpUrl);
    await page.getByLabel("Operator key").fill("not the key");
    await page.keyboard.press("Enter");
    await shown(page.getByText("The platform refused this key"));

    await page.goto(`${httpUrl}/#key=${key}`);
    await page.reload();
    await shown(page.getByRole("heading", { name: "Stations" }));
    equal(page.url(), `${httpUrl}/`);
    await context.close();
  });

  for (const viewport of widths) {
    it(`shows a station that appears, charges and stops, at ${viewport.width} pixels`, async () => {
      const id = `DE*ABC*E${viewport.width}.1`;
      const context = await browser.newContext({ viewport });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(`${httpUrl}/#key=${key}`);
      await shown(page.getByText("Live", { exact: true }).or(page.getByText("More")).first());
      // A reload would lose this mark.
      await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));

      await create("/stations", { id, securityProfile: 0 });
      const row = page.getByRole("row").filter({ has: page.getByRole("link", { name: id }) });
      await shown(row.getByText("Never connected"));

      const charger = await TestCharger.connect(`${ocppUrl}/${encodeURIComponent(id)}`);
      const boot = { chargePointVendor: "Volta", chargePointModel: "One" };
      equal((await charger.call("BootNotification", boot))["status"], "Accepted");
      await charger.status(1, "Available");
      await shown(row.getByText("Connected"));
      await shown(row.getByText("Available"));
      await shown(row.getByText("Volta One"));

      const transactionId = await start(charger);
      await shown(row.getByText("Charging"));
      await shown(row.getByText("11.0 kW"));
      ok(await fits(page), "the list of stations is wider than the window");

      await row.getByRole("link", { name: id }).click();
      const connector = page.getByRole("region", { name: "Connector 1" });
      await shown(connector.getByText("Charging"));
      await shown(connector.getByText("11.0 kW"));
      ok(await fits(page), "the page of the station is wider than the window");

      await connector.getByRole("button", { name: "Stop" }).click();
      const order = await charger.called("RemoteStopTransaction");
      equal(order["transactionId"], transactionId);
      await stop(charger, transactionId);
      await shown(connector.getByText("Available"));
      await shown(page.getByRole("list", { name: "Commands" }).getByText("Accepted").first());

      await page.getByRole("tab", { name: "OCPP log" }).click();
      await shown(page.getByRole("button", { name: /from the station StopTransaction call/ }));
      await page.getByRole("tab", { name: "Sessions" }).click();
      await page.getByRole("row").getByRole("link").first().click();
      await shown(page.getByText("1.50 kWh").first());
      await shown(page.getByText("Remote", { exact: true }).first());
      ok(await fits(page), "the page of the session is wider than the window");

      equal(await page.evaluate(() => "isSamePage" in globalThis), true);
      equal(problems.join("\n"), "");

      await page.goto(`${httpUrl}/stations/${encodeURIComponent(id)}`);
      await shown(page.getByRole("heading", { name: id }));
      await charger.close();
      await context.close();
    });
  }

  for (const viewport of widths) {
    it(`shows two devices with one identity, at ${viewport.width} pixels`, async () => {
      const id = `TWINS-${viewport.width}`;
      await create("/stations", { id, securityProfile: 0 });
      for (const device of [1, 2, 1, 2]) {
        // deno-lint-ignore no-await-in-loop -- they take turns
        const charger = await insist(`${ocppUrl}/${id}`, `127.0.0.${device}`);
        const chargePointSerialNumber = `SN-${device}`;
        const boot = { chargePointVendor: "Volta", chargePointModel: "One" };
        // deno-lint-ignore no-await-in-loop -- as above
        await charger.call("BootNotification", { ...boot, chargePointSerialNumber });
      }
      const context = await browser.newContext({ viewport });
      const page = await context.newPage();
      await page.goto(`${httpUrl}/#key=${key}`);
      await page.goto(`${httpUrl}/stations/${id}`);

      const connection = page.getByRole("region", { name: "Connection" });
      await shown(connection.getByText("Connected since"));
      const sockets = connection.getByRole("listitem");
      await shown(sockets.nth(0).getByText("127.0.0.2").and(page.locator(".socket-address")));
      await shown(sockets.nth(0).getByText("serial SN-2"));
      await shown(sockets.nth(1).getByText("127.0.0.1").and(page.locator(".socket-address")));
      ok(await fits(page), "the page of the station is wider than the window");
      if (process.env["CONSOLE_PICTURES"] !== undefined) {
        await connection.scrollIntoViewIfNeeded();
        await page.screenshot({ path: `${process.env["CONSOLE_PICTURES"]}/${id}.png` });
      }

      await page.getByRole("tab", { name: "Alerts" }).click();
      await shown(page.getByText("Two devices, one identity").first());
      ok(await fits(page), "the alerts of the station are wider than the window");
      await context.close();
    });
  }

  it("is used by keyboard: the first Tab offers to skip the menu, slash goes to the search", async () => {
    const context = await browser.newContext({ viewport: widths[0] });
    const page = await context.newPage();
    await page.goto(`${httpUrl}/#key=${key}`);
    await shown(page.getByRole("heading", { name: "Stations" }));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    equal(await page.evaluate(() => document.activeElement?.id), "main");
    await page.keyboard.press("/");
    equal(
      await page.evaluate(() => document.activeElement?.getAttribute("aria-label")),
      "Search stations",
    );
    await context.close();
  });
});

/** The session began ten minutes ago: 1.5 kWh in a moment would be implausible, and not be billed. */
async function start(charger: TestCharger): Promise<number> {
  const startedAt = new Date(Date.now() - 600_000);
  await charger.status(1, "Preparing");
  const answer = await charger.call("StartTransaction", {
    connectorId: 1,
    idTag: "CONSOLE-1",
    meterStart: 1_000,
    timestamp: startedAt.toISOString(),
  });
  const transactionId = Number(answer["transactionId"]);
  ok(transactionId > 0, JSON.stringify(answer));
  await charger.status(1, "Charging");
  await charger.call("MeterValues", {
    connectorId: 1,
    transactionId,
    meterValue: [{
      timestamp: new Date().toISOString(),
      sampledValue: [
        { value: "2500", measurand: "Energy.Active.Import.Register", unit: "Wh" },
        { value: "11000", measurand: "Power.Active.Import", unit: "W" },
      ],
    }],
  });
  return transactionId;
}

async function stop(charger: TestCharger, transactionId: number): Promise<void> {
  await charger.call("StopTransaction", {
    transactionId,
    idTag: "CONSOLE-1",
    meterStop: 2_500,
    timestamp: new Date().toISOString(),
    reason: "Remote",
  });
  await charger.status(1, "Available");
}

/** Connects as a device does that is told to wait because another has its identity. */
async function insist(url: string, localAddress: string): Promise<TestCharger> {
  for (let tries = 1;; tries++) {
    try {
      // deno-lint-ignore no-await-in-loop -- one try after the other
      return await TestCharger.connect(url, {}, localAddress);
    } catch (thrown) {
      if (tries === 60 || !String(thrown).includes("429")) throw thrown;
      // deno-lint-ignore no-await-in-loop -- as above
      await new Promise<void>((resolve) => setTimeout(resolve, 250));
    }
  }
}
