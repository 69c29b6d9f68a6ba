/** Drives the tokens of a station in a real browser, with a 2.0.1 station, on a phone and a desk. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
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

const widths = [{ width: 1280, height: 900 }, { width: 390, height: 844 }] as const;

describe("console: tokens on a station", { skip }, () => {
  let folder = "";
  let run: StartRun;
  let browser: Browser;
  let httpUrl = "";
  let ocppUrl = "";
  let key = "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "statewatt-list-"));
    const environment = await startEnvironment(folder);
    httpUrl = `http://127.0.0.1:${environment["HTTP_PORT"]}`;
    ocppUrl = `ws://127.0.0.1:${environment["OCPP_PORT"]}/ocpp`;
    await buildConsole(() => {});
    run = runStart(environment, [], fileURLToPath(new URL("../start/main.ts", import.meta.url)));
    ok(await run.says("operator key"), run.output());
    key = (await readFile(join(folder, "operator.key"), "utf8")).trim();
    await create("/tokens", { uid: "CARD-A", groupId: "Fleet", expiresAt: "2030-01-01T00:00:00Z" });
    await create("/tokens", { uid: "CARD-B" });
    await create("/tokens", { uid: "CARD-C", status: "Blocked", groupId: "Fleet" });
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
    const made = new ScriptedStation(
      { url: ocppUrl, identity, protocol: "ocpp2.0.1" },
      new Recording(),
    );
    await made.connect();
    await made.call("BootNotification", bootNotification("ocpp2.0.1"));
    await made.call("StatusNotification", statusNotification("ocpp2.0.1", 1, "Available", 1));
    return made;
  }

  /** What a list says of which tokens. */
  function listed(payload: Readonly<Record<string, unknown>>): unknown {
    const entries = payload["localAuthorizationList"] as readonly {
      readonly idToken: { readonly idToken: string };
      readonly idTokenInfo?: { readonly status: string };
    }[];
    return [
      payload["updateType"],
      ...entries.map(({ idToken, idTokenInfo }) => `${idToken.idToken} ${idTokenInfo?.status}`),
    ];
  }

  for (const viewport of widths) {
    it(`lists tokens, follows a group, asks about people, at ${viewport.width} pixels`, async () => {
      const id = `LIST-${viewport.width}`;
      const charger = await station(id);
      const context = await browser.newContext({ viewport });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(`${httpUrl}/#key=${key}`);
      await shown(page.getByRole("heading", { name: "Stations" }));
      await page.goto(`${httpUrl}/stations/${id}?tab=tokens`);
      await shown(page.getByText("No tokens on the list"));

      await page.getByRole("button", { name: "Add tokens…" }).click();
      await page.getByLabel("Uids").fill("card-a, CARD-B");
      await page.getByRole("button", { name: "Add 2 tokens" }).click();
      const first = await charger.expectCall("SendLocalList");
      deepEqual(listed(first.payload), ["Differential", "CARD-A Accepted", "CARD-B Accepted"]);
      await shown(page.getByText("The station has not confirmed the newest list yet."));
      first.answer({ status: "Accepted" });
      await shown(page.getByText("The station holds exactly the tokens below."));
      equal(await page.getByText("version 1 · 2 tokens").count(), 2);

      await page.getByRole("button", { name: "Remove CARD-B from the list" }).click();
      const second = await charger.expectCall("SendLocalList");
      deepEqual(listed(second.payload), ["Differential", "CARD-B undefined"]);
      second.answer({ status: "Accepted" });
      await shown(page.getByText("version 2 · 1 token").first());

      await page.getByRole("button", { name: "Kept by hand…" }).click();
      await page.getByText("A group", { exact: true }).click();
      await page.getByLabel("Group", { exact: true }).fill("fleet");
      await page.getByRole("button", { name: "Send the list" }).click();
      const third = await charger.expectCall("SendLocalList");
      deepEqual(listed(third.payload), ["Full", "CARD-A Accepted", "CARD-C Blocked"]);
      third.answer({ status: "Accepted" });
      await shown(page.getByRole("button", { name: "Follows the group fleet…" }));
      await shown(page.getByRole("cell", { name: "CARD-C" }));

      await page.getByRole("button", { name: "Ask its version" }).click();
      (await charger.expectCall("GetLocalListVersion")).answer({ versionNumber: 0 });
      await shown(page.getByText("The station says that it holds version 0."));
      await page.getByRole("button", { name: "Send whole list" }).click();
      (await charger.expectCall("SendLocalList")).answer({ status: "Accepted" });
      await shown(page.getByText("The station holds exactly the tokens below."));

      await page.getByRole("button", { name: "Clear the cache" }).click();
      (await charger.expectCall("ClearCache")).answer({ status: "Accepted" });
      await shown(page.getByText("cleared", { exact: false }).first());

      await page.getByRole("button", { name: "Ask or clear…" }).click();
      await page.getByLabel("Uid of the token").fill("CARD-B");
      await page.getByRole("button", { name: "Ask", exact: true }).click();
      const question = await charger.expectCall("CustomerInformation");
      question.answer({ status: "Accepted" });
      await charger.call("NotifyCustomerInformation", {
        data: "Card CARD-B, 3 sessions",
        seqNo: 0,
        generatedAt: new Date().toISOString(),
        requestId: question.payload["requestId"],
      });
      await shown(page.getByText("Card CARD-B, 3 sessions"));
      ok(await fits(page), "the tokens are wider than the window");
      const folderOfPictures = process.env["PICTURES"];
      if (folderOfPictures !== undefined) {
        const path = join(folderOfPictures, `tokens-${viewport.width}.png`);
        await page.screenshot({ path, fullPage: true });
      }
      await page.getByRole("button", { name: "Erase" }).click();
      await shown(page.getByText("or was erased", { exact: false }));
      deepEqual(problems, []);
      await charger.disconnect();
      await context.close();
    });
  }
});
