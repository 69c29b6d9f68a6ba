/** Drives the pages of webhooks in a real browser, with a real receiver, on a phone and a desk. */
import { equal, ok } from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { isSigned } from "#api/webhooks/signature.ts";
import {
  runStart,
  type StartEnvironment,
  startEnvironment,
  type StartRun,
} from "#start/testing_start.ts";
import { buildConsole } from "./build.ts";
import { launchBrowser, skip } from "./testing_browser.ts";
import { fits, shown } from "./testing_page.ts";

const widths = [{ width: 1440, height: 900 }, { width: 390, height: 844 }] as const;

interface Received {
  readonly path: string;
  readonly signature: string;
  readonly body: string;
}

describe("console: webhooks", { skip }, () => {
  let folder = "";
  let run: StartRun;
  let browser: Browser;
  let httpUrl = "";
  let key = "";
  let receiver: Server;
  let receiverUrl = "";
  let isBroken = false;
  const received: Received[] = [];

  before(async () => {
    receiver = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => body += text);
      request.on("end", () => {
        const signature = String(request.headers["statewatt-signature"]);
        received.push({ path: request.url ?? "", signature, body });
        response.writeHead(isBroken ? 503 : 200).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", () => resolve()));
    const address = receiver.address();
    const port = typeof address === "object" ? address?.port : 0;
    receiverUrl = `http://127.0.0.1:${port}`;
    folder = await mkdtemp(join(tmpdir(), "statewatt-webhooks-"));
    const environment: StartEnvironment = {
      ...await startEnvironment(folder),
      EGRESS_ALLOW: "127.0.0.1",
      EGRESS_PORTS: `443,${port}`,
    };
    httpUrl = `http://127.0.0.1:${environment["HTTP_PORT"]}`;
    await buildConsole(() => {});
    run = runStart(environment, [], fileURLToPath(new URL("../start/main.ts", import.meta.url)));
    ok(await run.says("operator key"), run.output());
    key = (await readFile(join(folder, "operator.key"), "utf8")).trim();
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    await run?.stop();
    receiver?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function createStation(id: string): Promise<void> {
    const response = await fetch(`${httpUrl}/api/v1/stations`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ id, securityProfile: 0 }),
    });
    equal(response.status, 201, await response.text());
  }

  for (const viewport of widths) {
    it(`a webhook is added, tried, told of a station, fails and is said so, at ${viewport.width} pixels`, async () => {
      isBroken = false;
      const id = `HOOK${viewport.width}`;
      const context = await browser.newContext({ viewport });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(`${httpUrl}/#key=${key}`);
      await shown(page.getByRole("heading", { name: "Stations" }));
      await page.goto(`${httpUrl}/webhooks`);
      await shown(page.getByRole("heading", { name: "Webhooks" }));

      await page.getByRole("button", { name: "Add a webhook" }).click();
      await page.getByLabel("Address").fill("https://10.0.0.1/in");
      await page.getByRole("button", { name: "Save" }).click();
      await shown(page.getByText("10.0.0.1 is a private address").first());
      await page.getByLabel("Address").fill(`${receiverUrl}/${id}`);
      await page.getByLabel("Told of").fill("station");
      await page.getByLabel("Stations").fill(id);
      await page.getByRole("button", { name: "Save" }).click();
      await shown(page.getByText("it is not shown again"));
      const secret = await page.locator(".code-line code").innerText();
      await page.getByRole("button", { name: "I have kept it" }).click();
      const row = page.getByRole("row").filter({ hasText: `/${id}` });
      await shown(row.getByText("Ready"));
      await shown(row.getByText(`station of ${id}`));
      ok(await fits(page), "the list of webhooks is wider than the window");

      await row.getByRole("link").click();
      await page.getByRole("button", { name: "Send a test" }).click();
      await shown(page.getByText("It arrived: 200"));
      await createStation(id);
      await shown(page.getByText(/^station\.\w+ /).first());
      await shown(page.getByText("Arriving"));
      const told = received.filter(({ path }) => path === `/${id}`);
      ok(told.every(({ signature, body }) => {
        return isSigned(signature, { secret, body, nowMs: Date.now() });
      }));
      await page.getByText(/^station\.\w+ /).first().click();
      await shown(page.getByLabel("Payload").first());
      ok(await fits(page), "the page of the webhook is wider than the window");

      isBroken = true;
      await page.getByRole("button", { name: "Replay" }).click();
      await page.getByRole("button", { name: "Send again" }).click();
      await shown(page.getByText("The receiver answered 503").first());
      await shown(page.getByText("It is tried again by itself"));
      await shown(page.getByText("Failing"));
      ok(await fits(page), "the page of the failing webhook is wider than the window");
      isBroken = false;
      await page.getByRole("button", { name: "Disable" }).click();
      await shown(page.getByText("Off", { exact: true }));
      await page.getByRole("button", { name: "Enable" }).click();
      await shown(page.getByText("Arriving"));

      await page.getByRole("button", { name: "Remove" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await shown(page.getByText("No webhook yet"));
      equal(problems.join("\n"), "");
      await context.close();
    });
  }
});
