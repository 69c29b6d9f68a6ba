import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, currentTime, testGateway } from "./testing.ts";

test("a station of each version connects and gets its heartbeat answered", async () => {
  await using bench = await testGateway();
  for (const protocols of ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]) {
    // deno-lint-ignore no-await-in-loop -- one after another
    const station = await connect(bench.gateway, `CP ${protocols}`, { protocols });

    // deno-lint-ignore no-await-in-loop -- one after another
    const frame = await station.call("Heartbeat", {});

    assert.equal(station.socket.protocol, protocols);
    assert.deepEqual(frame, [3, "Heartbeat", { currentTime }]);
  }
});

test("identities are percent-decoded once", async () => {
  await using bench = await testGateway();

  const station = await connect(bench.gateway, "DE*ABC/E1 %41ü~1");
  await station.call("Heartbeat", {});

  const asked = bench.actors.of("ocpp.call")[0];
  assert.equal(asked?.to.key, "DE*ABC/E1 %2541ü%7E1");
  assert.deepEqual(bench.actors.bodies("socket.authenticate"), [{ identity: "DE*ABC/E1 %41ü~1" }]);
});
