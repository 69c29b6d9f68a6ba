import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandedStation } from "./commanded_testing.ts";
import { type TransferHandlers, transferReply } from "./data_transfer.ts";

const handlers: TransferHandlers = {
  "net.example": {
    "": () => ({ status: "Rejected" }),
    "echo": (data) => ({ status: "Accepted", data }),
  },
};

function replyTo(payload: Readonly<Record<string, unknown>>): unknown {
  return transferReply(handlers, { action: "DataTransfer", protocol: "ocpp2.0.1", payload });
}

test("a registered message is handled; others are unknown by vendor, then by message", () => {
  const data = { any: ["thing"] };
  assert.deepEqual(replyTo({ vendorId: "net.example", messageId: "echo", data }), {
    status: "Accepted",
    data,
  });
  assert.deepEqual(replyTo({ vendorId: "net.example" }), { status: "Rejected" });
  assert.deepEqual(replyTo({ vendorId: "net.example", messageId: "other" }), {
    status: "UnknownMessageId",
  });
  for (const vendorId of ["net.other", "", "toString", "__proto__", 7]) {
    assert.deepEqual(replyTo({ vendorId, messageId: "echo" }), { status: "UnknownVendorId" });
  }
  assert.deepEqual(replyTo({ vendorId: "net.example", messageId: "constructor" }), {
    status: "UnknownMessageId",
  });
});

for (const protocol of ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const) {
  test(`${protocol}: data of a vendor whom nobody knows is UnknownVendorId, also when repeated`, () => {
    const station = CommandedStation.on(protocol);
    const said = { vendorId: "net.example.nobody", messageId: "m", data: "text" };
    assert.deepEqual(station.call("DataTransfer", said, "d1"), { status: "UnknownVendorId" });
    const rows = station.stage.journal.length;
    assert.deepEqual(station.call("DataTransfer", said, "d1"), { status: "UnknownVendorId" });
    assert.equal(station.stage.journal.length, rows);
    assert.equal(station.stage.journal.at(-1)?.class, "S");
  });
}

test("data-transfer goes out as given; 1.6 takes what is no text as JSON", () => {
  const body = { vendorId: "net.example", messageId: "m", data: { a: 1 } };
  const at16 = CommandedStation.on("ocpp1.6");
  at16.answered(at16.command("data-transfer", body), { status: "Accepted", data: "ok" });
  assert.deepEqual(
    JSON.stringify(at16.orders()[0]?.payload),
    JSON.stringify({
      ...{ vendorId: "net.example", messageId: "m", data: '{"a":1}' },
    }),
  );
  const at2 = CommandedStation.on("ocpp2.0.1");
  const command = at2.command("data-transfer", { vendorId: "net.example", data: null });
  assert.deepEqual(at2.orders()[0]?.payload, { data: null, vendorId: "net.example" });
  at2.answered(command, { status: "UnknownMessageId" });
  assert.equal(at2.statusOf(command), "rejected");
  assert.equal(at16.statusOf("c1"), "accepted");
});
