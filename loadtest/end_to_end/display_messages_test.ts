import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { authorisationCache } from "../charger/blocks/authorisation.ts";
import { runningCosts } from "../charger/blocks/cost.ts";
import { displayMessages } from "../charger/blocks/display_messages.ts";
import type { Outlet } from "../charger/outlet.ts";
import type { VirtualCharger } from "../virtual_charger.ts";
import { car, OperatedChargers, until } from "./operated_chargers.ts";

let stage: OperatedChargers;

before(async () => {
  stage = await OperatedChargers.start();
});
after(() => stage.close());

function firstOutlet(charger: VirtualCharger): Outlet {
  const [outlet] = charger.outlets;
  if (outlet === undefined) throw new Error("Cannot test: the charger has no outlet");
  return outlet;
}

test("ocpp2.0.1: messages are shown, replaced, reported and taken off", async () => {
  const id = "SHOW-1";
  const path = `/stations/${id}/display-messages`;
  const charger = await stage.connect(id, "ocpp2.0.1");
  const shown = (): string =>
    displayMessages.of(charger.station).shownAt(firstOutlet(charger)).join();
  const message = { message: { content: "Closed on Sunday" }, priority: "NormalCycle" };
  const posted = await stage.rest.post(path, message);
  assert.equal(posted.status, 201, JSON.stringify(posted.body));
  const number = posted.body["id"];
  await stage.shown(`${path}/${number}`, ({ status }) => status === "accepted");
  assert.equal(shown(), "Closed on Sunday");

  await stage.rest.put(`${path}/${number}`, {
    ...message,
    message: { content: "Open on Sunday" },
  });
  await until(shown, (text) => text === "Open on Sunday", "it shows the other");
  const html = { message: { content: "<b>hi</b>", format: "HTML" }, priority: "InFront" };
  const refused = await stage.rest.post(path, html);
  await stage.item(
    path,
    ({ id: other, status }) => other === refused.body["id"] && status === "rejected",
  );

  await stage.commanded(id, "get-display-messages", { body: {} });
  await stage.item(path, ({ confirmed }) => confirmed === true);
  assert.equal((await stage.rest.delete(`${path}/${number}`)).status, 204);
  await until(shown, (text) => text === "", "it shows nothing");
  await until(
    () => stage.rest.list(path),
    (all) => all.every((one) => one["id"] !== number),
    "it is gone",
  );
});

test("ocpp2.0.1: a message and a cost for a session end with it", async () => {
  const id = "SHOW-2";
  const charger = await stage.connect(id, "ocpp2.0.1");
  charger.plugIn(1, car);
  await charger.present(1, "CARD1");
  const session = await stage.item(`/sessions?station=${id}`, ({ status }) => status === "open");
  const transactionId = String(session["transactionId"]);
  const posted = await stage.rest.post(`/stations/${id}/display-messages`, {
    message: { content: "Until noon" },
    priority: "InFront",
    sessionId: session["id"],
  });
  const path = `/stations/${id}/display-messages/${posted.body["id"]}`;
  await stage.shown(path, ({ status }) => status === "accepted");
  const cost = { sessionId: session["id"], totalCost: 4.2 };
  await stage.commanded(id, "cost-updated", { body: cost });
  assert.equal(runningCosts.of(charger.station).get(transactionId), 4.2);
  charger.unplug(1);
  await until(
    () => displayMessages.of(charger.station).all.length,
    (length) => length === 0,
    "it went with the session",
  );
});

test("ocpp2.0.1: a customer's data is reported once and cleared", async () => {
  const id = "SHOW-3";
  const charger = await stage.connect(id, "ocpp2.0.1");
  charger.plugIn(1, car);
  await charger.present(1, "CARD1");
  charger.unplug(1);
  await stage.item(`/sessions?station=${id}`, ({ status }) => status === "closed");
  const cache = authorisationCache.of(charger.station);
  await until(() => cache.size, (size) => size === 1, "it knows the token");
  const body = { report: true, clear: true, tokenUid: "CARD1" };
  await stage.commanded(id, "customer-information", { body });
  const path = `/stations/${id}/customer-information`;
  const report = await stage.item(path, ({ data }) => data !== null);
  assert.match(String(report["data"]), /CARD1.*Accepted/);
  assert.equal(cache.size, 0);
  const erased = await stage.rest.delete(`${path}/${report["requestId"]}`);
  assert.equal(erased.status, 204);
  await stage.item(path, ({ data }) => data === null);
});

test("ocpp1.6: what it has no words for is refused before it leaves", async () => {
  const id = "SHOW-16";
  await stage.connect(id, "ocpp1.6");
  const posted = await stage.rest.post(`/stations/${id}/display-messages`, {
    message: { content: "x" },
    priority: "InFront",
  });
  assert.equal(posted.status, 422);
  assert.equal(posted.body["type"], "/problems/unsupported");
});
