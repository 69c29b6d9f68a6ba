/** Block O: messages on the display, set, replaced, bound to a transaction, asked for and cleared. */
import type { DisplayMessage } from "#schemas/rest/display_message.ts";
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import { requireMatch } from "../match.ts";
import type { Payload } from "../recording.ts";
import type { ReceivedCall, ScriptedStation } from "../scripted_station.ts";
import { charging } from "./charging.ts";

const commandCode = "schemas/station_commands/display_messages.ts";
const code = [commandCode, "actors/charger/blocks/display_messages.ts"];
const reportCode = [
  ...code,
  "schemas/ocpp201/notify_display_messages.ts",
  "actors/adapters/reports/display_messages.ts",
];

const hello = {
  priority: "NormalCycle",
  message: { content: "Hello", format: "UTF8", language: "en" },
} as const;
const onWire = {
  priority: "NormalCycle",
  message: { format: "UTF8", language: "en", content: "Hello" },
} as const;

interface Asked {
  readonly station: ScriptedStation;
  readonly message: DisplayMessage;
  readonly call: ReceivedCall;
}

/** An operator sets a message: REST says pending, and the CALL is on the wire, not yet answered. */
async function asks(
  c: ConformanceRun,
  station: ScriptedStation,
  body: Payload = hello,
): Promise<Asked> {
  const path = `/stations/${station.identity}/display-messages`;
  const { status, body: message } = await c.rest.post<DisplayMessage>(path, body);
  c.equal("the message is taken", status, 201);
  c.match("and pending until the station answers", message, { status: "pending", shown: false });
  return { station, message, call: await station.expectCall("SetDisplayMessage") };
}

/** Waits until REST shows the message as `expected`. */
async function messageIs(
  c: ConformanceRun,
  station: ScriptedStation,
  id: number,
  expected: Payload,
): Promise<void> {
  const path = `/stations/${station.identity}/display-messages/${id}`;
  await c.eventually(`the message is ${JSON.stringify(expected)}`, async () => {
    const { body } = await c.rest.get<DisplayMessage>(path);
    requireMatch("the message", body, expected);
  });
}

async function messagesAre(
  c: ConformanceRun,
  station: ScriptedStation,
  expected: readonly Payload[],
): Promise<void> {
  await c.eventually(`the display shows ${JSON.stringify(expected)}`, async () => {
    const path = `/stations/${station.identity}/display-messages?order=asc`;
    const items = await c.rest.list<DisplayMessage>(path);
    requireMatch("the messages", items, expected);
  });
}

/** A message that the station has accepted. */
async function accepted(
  c: ConformanceRun,
  station: ScriptedStation,
  body: Payload = hello,
): Promise<number> {
  const { message, call } = await asks(c, station, body);
  call.answer({ status: "Accepted" });
  await messageIs(c, station, message.id, { status: "accepted", shown: true, confirmed: false });
  return message.id;
}

/** The station refuses what it is asked, and REST says why. */
async function refused(
  c: ConformanceRun,
  body: Payload,
  word: string,
  given?: ScriptedStation,
): Promise<void> {
  const station = given ?? await c.newStation();
  const { message, call } = await asks(c, station, body);
  call.answer({ status: word, statusInfo: { reasonCode: "Why", additionalInfo: "not here" } });
  await messageIs(c, station, message.id, {
    status: "rejected",
    shown: false,
    answer: word,
    reason: "Why: not here",
  });
}

/** Asks the station which messages it has, and gives the CALL as it came. */
async function asksFor(
  c: ConformanceRun,
  station: ScriptedStation,
  body: Payload,
): Promise<ReceivedCall> {
  await c.command(station, "get-display-messages", body);
  const call = await station.expectCall("GetDisplayMessages");
  c.ok("the request has a number", typeof call.payload["requestId"] === "number");
  return call;
}

conformanceCase({ version: "2.0.1", id: "TC_O_01", in: code }, async (c) => {
  const station = await c.newStation();
  const { message, call } = await asks(c, station, { ...hello, state: "Idle" });

  c.equal("the message has id, priority, state and format", call.payload, {
    message: { id: message.id, priority: "NormalCycle", state: "Idle", message: onWire.message },
  });
  call.answer({ status: "Accepted" });

  await messageIs(c, station, message.id, {
    ...{ status: "accepted", answer: "Accepted", shown: true, state: "Idle" },
    message: hello.message,
  });
});

conformanceCase({ version: "2.0.1", id: "TC_O_02", in: reportCode }, async (c) => {
  const station = await c.newStation();
  const id = await accepted(c, station);
  const call = await asksFor(c, station, {});
  const { requestId } = call.payload;
  c.equal("nothing but a number is asked", Object.keys(call.payload), ["requestId"]);
  call.answer({ status: "Accepted" });

  const mine = { id, ...onWire };
  const other = { id: 999_999_999, ...onWire, priority: "AlwaysFront" };
  const first = await station.call("NotifyDisplayMessages", {
    requestId,
    tbc: true,
    messageInfo: [mine],
  });
  const last = await station.call("NotifyDisplayMessages", { requestId, messageInfo: [other] });

  c.equal("both parts are answered", [first, last], [{}, {}]);
  await messagesAre(c, station, [
    { id, status: "accepted", shown: true, confirmed: true },
    { id: other.id, status: "reported", shown: true, confirmed: true, priority: "AlwaysFront" },
  ]);
});

conformanceCase({ version: "2.0.1", id: "TC_O_03", in: reportCode }, async (c) => {
  const station = await c.newStation();
  const before = await asksFor(c, station, {});
  before.answer({ status: "Accepted" });
  await station.call("NotifyDisplayMessages", {
    requestId: before.payload["requestId"],
    messageInfo: [{ id: 5, ...onWire }],
  });
  await messagesAre(c, station, [{ id: 5, status: "reported" }]);

  const call = await asksFor(c, station, {});
  call.answer({ status: "Unknown" });

  await messagesAre(c, station, []);
});

conformanceCase({ version: "2.0.1", id: "TC_O_04", in: code }, async (c) => {
  const station = await c.newStation();
  const id = await accepted(c, station);
  const path = `/stations/${station.identity}/display-messages/${id}`;

  c.equal("the operator takes it off", (await c.rest.delete(path)).status, 204);
  const call = await station.expectCall("ClearDisplayMessage");
  c.equal("it is cleared by its id", call.payload, { id });
  await messageIs(c, station, id, { status: "clearing", shown: true });
  call.answer({ status: "Accepted" });

  await messagesAre(c, station, []);
});

conformanceCase({ version: "2.0.1", id: "TC_O_05", in: code }, async (c) => {
  const station = await c.newStation();
  const id = await accepted(c, station);
  const command = await c.command(station, "clear-display-message", { id });
  const call = await station.expectCall("ClearDisplayMessage");
  c.equal("it is cleared by its id", call.payload, { id });
  call.answer({ status: "Unknown" });

  await c.commandIs(command, { status: "rejected", response: { status: "Unknown" } });
  await messagesAre(c, station, []);
});

conformanceCase({ version: "2.0.1", id: "TC_O_06", in: code }, async (c) => {
  const { station, transaction } = await charging(c);
  const [session] = await c.sessionsOf(station);
  const { message, call } = await asks(c, station, { ...hello, sessionId: session?.id });
  c.equal("the message names the transaction", call.payload, {
    message: {
      id: message.id,
      priority: "NormalCycle",
      transactionId: transaction.id,
      message: onWire.message,
    },
  });
  call.answer({ status: "Accepted" });
  await messageIs(c, station, message.id, {
    ...{ status: "accepted", sessionId: session?.id, transactionId: transaction.id },
  });

  await transaction.ended("EVCommunicationLost", { stoppedReason: "EVDisconnected", wh: 1_600 });
  await messagesAre(c, station, []);
});

conformanceCase({ version: "2.0.1", id: "TC_O_07", in: reportCode }, async (c) => {
  const station = await c.newStation();
  const first = await accepted(c, station);
  const second = await accepted(c, station);
  const call = await asksFor(c, station, { ids: [first] });
  const { requestId } = call.payload;
  c.equal("only the id is asked for", call.payload, { id: [first], requestId });
  call.answer({ status: "Accepted" });
  await station.call("NotifyDisplayMessages", {
    requestId,
    messageInfo: [{ id: first, ...onWire }],
  });

  await messageIs(c, station, first, { confirmed: true });
  await messageIs(c, station, second, { confirmed: false, shown: true });
});

conformanceCase({ version: "2.0.1", id: "TC_O_08", in: reportCode }, async (c) => {
  const station = await c.newStation();
  const id = await accepted(c, station, { ...hello, priority: "InFront" });
  const call = await asksFor(c, station, { priority: "InFront" });
  const { requestId } = call.payload;
  c.equal("only the priority is asked for", call.payload, { requestId, priority: "InFront" });
  call.answer({ status: "Accepted" });
  await station.call("NotifyDisplayMessages", {
    requestId,
    messageInfo: [{ id, ...onWire, priority: "InFront" }],
  });

  await messageIs(c, station, id, { confirmed: true, priority: "InFront" });
});

conformanceCase({ version: "2.0.1", id: "TC_O_09", in: reportCode }, async (c) => {
  const station = await c.newStation();
  const id = await accepted(c, station, { ...hello, state: "Faulted" });
  const call = await asksFor(c, station, { state: "Faulted" });
  const { requestId } = call.payload;
  c.equal("only the state is asked for", call.payload, { requestId, state: "Faulted" });
  call.answer({ status: "Accepted" });
  await station.call("NotifyDisplayMessages", {
    requestId,
    messageInfo: [{ id, ...onWire, state: "Faulted" }],
  });

  await messageIs(c, station, id, { confirmed: true, state: "Faulted" });
});

conformanceCase({ version: "2.0.1", id: "TC_O_10", in: code }, async (c) => {
  const { station } = await charging(c);
  const [session] = await c.sessionsOf(station);
  await refused(c, { ...hello, sessionId: session?.id }, "UnknownTransaction", station);
});

conformanceCase({ version: "2.0.1", id: "TC_O_11", in: [commandCode] }, async (c) => {
  const station = await c.newStation();
  const command = await c.command(station, "get-display-messages", { ids: [4_711] });
  const call = await station.expectCall("GetDisplayMessages");
  c.equal("the id is asked for", call.payload["id"], [4_711]);
  call.answer({ status: "Unknown" });

  await c.commandIs(command, { status: "accepted", response: { status: "Unknown" } });
  await messagesAre(c, station, []);
});

conformanceCase({ version: "2.0.1", id: "TC_O_12", in: code }, async (c) => {
  const station = await c.newStation();
  const id = await accepted(c, station);
  const path = `/stations/${station.identity}/display-messages/${id}`;
  const message = { content: "Closed today", format: "ASCII" };

  const { status, body } = await c.rest.put(path, { priority: "AlwaysFront", message });
  c.equal("the message is replaced", status, 200);
  c.match("the one before shows until the station has answered", body, {
    message: hello.message,
    attempt: { status: "pending", message },
  });
  const call = await station.expectCall("SetDisplayMessage");
  c.equal("the id stays", call.payload, {
    message: {
      id,
      priority: "AlwaysFront",
      message: { format: "ASCII", content: "Closed today" },
    },
  });
  call.answer({ status: "Accepted" });

  await messagesAre(c, station, [{ id, priority: "AlwaysFront", message, attempt: null }]);
});

const startAt = "2030-01-01T00:00:00.000Z";
const endAt = "2031-01-01T00:00:00.000Z";

conformanceCase({ version: "2.0.1", id: "TC_O_13", in: code }, async (c) => {
  const station = await c.newStation();
  const { message, call } = await asks(c, station, { ...hello, startAt });
  c.equal("the message begins later", call.payload, {
    message: {
      id: message.id,
      priority: "NormalCycle",
      startDateTime: startAt,
      message: onWire.message,
    },
  });
  call.answer({ status: "Accepted" });
  await messageIs(c, station, message.id, { status: "accepted", startAt });
});

conformanceCase({ version: "2.0.1", id: "TC_O_14", in: code }, async (c) => {
  const station = await c.newStation();
  const { message, call } = await asks(c, station, { ...hello, endAt });
  c.equal("the message has an end", call.payload, {
    message: {
      id: message.id,
      priority: "NormalCycle",
      endDateTime: endAt,
      message: onWire.message,
    },
  });
  call.answer({ status: "Accepted" });
  await messageIs(c, station, message.id, { status: "accepted", endAt });
});

conformanceCase({ version: "2.0.1", id: "TC_O_17", in: code }, async (c) => {
  await refused(c, { ...hello, priority: "AlwaysFront" }, "NotSupportedPriority");
});

conformanceCase({ version: "2.0.1", id: "TC_O_18", in: code }, async (c) => {
  await refused(c, { ...hello, state: "Unavailable" }, "NotSupportedState");
});

conformanceCase({ version: "2.0.1", id: "TC_O_19", in: code }, async (c) => {
  const message = { content: "<b>Hello</b>", format: "HTML" };
  await refused(c, { ...hello, message }, "NotSupportedMessageFormat");
});

conformanceCase({ version: "2.0.1", id: "TC_O_25", in: code }, async (c) => {
  const station = await c.newStation();
  const { message, call } = await asks(c, station, { ...hello, state: "Charging" });
  c.match("the message is for a charging station", call.payload, {
    message: { id: message.id, state: "Charging" },
  });
  call.answer({ status: "Accepted" });
  await messageIs(c, station, message.id, { status: "accepted", state: "Charging" });
});

conformanceCase({ version: "2.0.1", id: "TC_O_26", in: code }, async (c) => {
  await refused(c, hello, "Rejected");
});

for (const [id, time] of [["TC_O_27", { startAt }], ["TC_O_28", { endAt }]] as const) {
  conformanceCase({ version: "2.0.1", id, in: code }, async (c) => {
    const { station, transaction } = await charging(c);
    const [session] = await c.sessionsOf(station);
    const { message, call } = await asks(c, station, { ...hello, sessionId: session?.id, ...time });
    c.equal("the message names the transaction and the time", call.payload, {
      message: {
        id: message.id,
        priority: "NormalCycle",
        ...("startAt" in time ? { startDateTime: startAt } : { endDateTime: endAt }),
        transactionId: transaction.id,
        message: onWire.message,
      },
    });
    call.answer({ status: "Accepted" });
    await messageIs(c, station, message.id, { status: "accepted", sessionId: session?.id });
    await transaction.ended("EVCommunicationLost", {
      stoppedReason: "EVDisconnected",
      wh: 1_600,
    });
    await messagesAre(c, station, []);
  });
}
