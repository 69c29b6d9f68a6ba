/** Drives messages, prices and quirks in a real browser, with stations of both versions. */
import { equal, ok } from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { Recording } from "#loadtest/conformance/recording.ts";
import { ScriptedStation } from "#loadtest/conformance/scripted_station.ts";
import { bootNotification, statusNotification } from "#loadtest/conformance/station_words.ts";
import { runStart, startEnvironment, type StartRun } from "#start/testing_start.ts";
import { buildConsole } from "./build.ts";
import { launchBrowser, skip } from "./testing_browser.ts";
import { fits, shown } from "./testing_page.ts";

const widths = [{ width: 1280, height: 900 }, { width: 390, height: 844 }] as const;

describe("console: display messages, prices and quirks", { skip }, () => {
  let folder = "";
  let run: StartRun;
  let browser: Browser;
  let httpUrl = "";
  let ocppUrl = "";
  let key = "";
  const problems: string[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "statewatt-display-"));
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

  async function create(path: string, body: unknown): Promise<void> {
    const response = await fetch(`${httpUrl}/api/v1${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    equal(response.status, 201, await response.text());
  }

  async function station(
    identity: string,
    settings: object = {},
    protocol: "ocpp1.6" | "ocpp2.0.1" = "ocpp2.0.1",
  ): Promise<ScriptedStation> {
    await create("/stations", { id: identity, securityProfile: 0, quiet: true, ...settings });
    const made = new ScriptedStation({ url: ocppUrl, identity, protocol }, new Recording());
    await made.connect();
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

  for (const viewport of widths) {
    it(`sets, changes and removes a message, at ${viewport.width} pixels`, async () => {
      const id = `SHOW-${viewport.width}`;
      const charger = await station(id);
      await charger.call("BootNotification", bootNotification("ocpp2.0.1"));
      await charger.call("StatusNotification", statusNotification("ocpp2.0.1", 1, "Available", 1));
      const page = await openedAt(viewport, `/stations/${id}?tab=messages`);
      await shown(page.getByText("Nothing is on the display yet"));
      const picture = page.getByRole("img", { name: /The display shows/ });
      await shown(picture.getByText("own text"));

      await page.getByRole("button", { name: "New message…" }).click();
      await page.getByRole("button", { name: "Welcome" }).click();
      await page.getByRole("textbox", { name: "Text" }).fill("Hello there");
      await page.getByRole("button", { name: "Send to the station" }).click();
      const set = await charger.expectCall("SetDisplayMessage");
      await shown(page.getByText("On its way", { exact: true }));
      set.answer({ status: "Accepted" });
      await shown(page.getByText("Accepted", { exact: true }));
      await shown(picture.getByText("Hello there"));
      ok(await fits(page), "the messages are wider than the window");

      await page.getByRole("button", { name: "Change…" }).click();
      await page.getByRole("textbox", { name: "Text" }).fill("Hello again");
      await page.getByRole("button", { name: "Send to the station" }).click();
      (await charger.expectCall("SetDisplayMessage")).answer({ status: "NotSupportedState" });
      await shown(page.getByText("Not changed to: “Hello again”"));
      await shown(page.getByText("Choose “Always”"));

      await page.getByRole("button", { name: "Ask the station" }).click();
      const asked = await charger.expectCall("GetDisplayMessages");
      asked.answer({ status: "Accepted" });
      const { message } = set.payload as { message: Readonly<Record<string, unknown>> };
      await charger.call("NotifyDisplayMessages", {
        requestId: asked.payload["requestId"],
        messageInfo: [message],
      });
      await shown(page.getByText("Shown, confirmed"));

      await page.getByRole("button", { name: "Remove" }).click();
      const cleared = await charger.expectCall("ClearDisplayMessage");
      equal(cleared.payload["id"], message["id"]);
      await shown(page.getByText("Being removed", { exact: true }));
      cleared.answer({ status: "Accepted" });
      await shown(page.getByText("Nothing is on the display yet"));
      equal(problems.join(), "");
      charger.end();
      await page.context().close();
    });

    it(`says what a station departs in, and what energy costs, at ${viewport.width} pixels`, async () => {
      const id = `QUIRK-${viewport.width}`;
      const charger = await station(id, { authorisationRequired: false }, "ocpp1.6");
      await charger.call("BootNotification", {
        chargePointVendor: "Huawei",
        chargePointModel: "FusionCharge",
      });
      const page = await openedAt(viewport, `/stations/${id}?tab=messages`);
      await shown(page.getByText("It speaks OCPP 1.6"));

      await page.goto(`${httpUrl}/stations/${id}?tab=settings`);
      await shown(page.getByText("Sends one meter value as an object"));
      await shown(page.getByText("Taken into account").first());
      await page.getByRole("button", { name: "Dismiss" }).click();
      await shown(page.getByText("Dismissed", { exact: true }));
      await page.getByRole("button", { name: "It does after all" }).click();
      await shown(page.getByText("Taken into account").first());
      await page.getByPlaceholder("What else it does…").click();
      await page.getByRole("option", { name: "Sends watt-hours and calls them" }).click();
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await shown(page.getByText("An operator has said so"));
      ok(await fits(page), "the settings are wider than the window");

      await page.getByLabel("Price per kWh").fill("0,30");
      await page.getByRole("button", { name: "Save" }).click();
      await shown(page.getByText(`${id} is saved`));
      const timestamp = new Date(Date.now() - 3_600_000).toISOString();
      const { transactionId } = await charger.call<{ transactionId: number }>("StartTransaction", {
        ...{ connectorId: 1, idTag: "T", meterStart: 1_000, timestamp },
      });
      const now = new Date().toISOString();
      await charger.call("StopTransaction", { transactionId, meterStop: 6_000, timestamp: now });
      await page.goto(`${httpUrl}/stations/${id}?tab=sessions`);
      await shown(page.getByText("€1.50"));
      await page.goto(`${httpUrl}/sessions/${id}~1`);
      await shown(page.getByText("€1.50"));
      equal(problems.join(), "");
      charger.end();
      await page.context().close();
    });
  }
});
