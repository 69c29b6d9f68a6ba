import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connect as connectTcp } from "node:net";
import { test } from "node:test";
import { WebSocket } from "ws";
import { PlatformError } from "#schemas/errors.ts";
import { passwordRecord } from "#engine/password.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import {
  connect,
  currentTime,
  eventually,
  open,
  testGateway,
  testKey,
  UpgradeRefused,
} from "./testing.ts";

async function refusal(connecting: Promise<unknown>): Promise<UpgradeRefused> {
  try {
    await connecting;
  } catch (thrown) {
    if (thrown instanceof UpgradeRefused) return thrown;
    throw thrown;
  }
  throw new Error("Cannot see a refusal: the station is connected");
}

/** The status line and headers that a raw request gets. */
function rawRequest(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connectTcp(port, "127.0.0.1", () => {
      socket.write(["GET /ocpp/CP1 HTTP/1.1", "Host: x", ...lines, "", ""].join("\r\n"));
    });
    socket.on("data", (bytes: Buffer) => {
      received += bytes.toString("latin1");
      if (!received.includes("\r\n\r\n")) return;
      socket.destroy();
      resolve(received);
    });
    socket.on("error", reject);
  });
}

const upgradeLines = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

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
  assert.deepEqual(bench.actors.bodies("socket.authenticate"), [
    { identity: "DE*ABC/E1 %41ü~1", remoteAddress: "127.0.0.1" },
  ]);
});

test("subprotocol lists are read with and without blanks, and the first known one is echoed", async () => {
  await using bench = await testGateway();
  const lists = ["ocpp2.0.1,ocpp1.6", "ocpp1.6, ocpp2.0.1", "ocpp2.0,ocpp1.6,", "ocpp2.1,ocpp2.1"];

  const answers = await Promise.all(
    lists.map((list) =>
      rawRequest(bench.gateway.port, [...upgradeLines, `Sec-WebSocket-Protocol: ${list}`])
    ),
  );

  const echoed = answers.map((answer) => /sec-websocket-protocol: (.*)\r/i.exec(answer)?.[1]);
  assert.deepEqual(echoed, ["ocpp2.0.1", "ocpp1.6", "ocpp1.6", "ocpp2.1"]);
});

test("without a common subprotocol the handshake is finished without one, then closed", async () => {
  await using bench = await testGateway();
  const answer = await rawRequest(bench.gateway.port, [
    ...upgradeLines,
    "Sec-WebSocket-Protocol: ocpp2.0, soap",
  ]);

  const bare = await open(new WebSocket(`ws://127.0.0.1:${bench.gateway.port}/ocpp/CP1`));
  const { code } = await bare.closed();

  assert.match(answer, /^HTTP\/1\.1 101 /);
  assert.doesNotMatch(answer, /sec-websocket-protocol/i);
  assert.equal(code, 1002);
  assert.deepEqual(bench.actors.of("socket.opened"), []);
});

test("unknown identities and other paths are 404", async () => {
  await using bench = await testGateway();
  bench.actors.authenticate({ known: false });
  const url = `ws://127.0.0.1:${bench.gateway.port}`;

  const refusals = await Promise.all([
    refusal(connect(bench.gateway, "stranger")),
    refusal(connect(bench.gateway, "with:colon")),
    refusal(connect(bench.gateway, "x".repeat(49))),
    refusal(open(new WebSocket(`${url}/CP1`, ["ocpp1.6"]))),
    refusal(open(new WebSocket(`${url}/ocpp/a/b`, ["ocpp1.6"]))),
    refusal(open(new WebSocket(`${url}/ocpp/%ff`, ["ocpp1.6"]))),
  ]);
  const plain = await fetch(`http://127.0.0.1:${bench.gateway.port}/`);
  const noUpgrade = await fetch(`http://127.0.0.1:${bench.gateway.port}/ocpp/CP1`);
  await Promise.all([plain.text(), noUpgrade.text()]);

  assert.deepEqual(refusals.map(({ status }) => status), [404, 404, 404, 404, 404, 404]);
  assert.equal(bench.actors.asked.length, 1);
  assert.deepEqual([plain.status, noUpgrade.status], [404, 426]);
});

test("profile 1 needs the station's password, profiles 2 and 3 another port", async () => {
  await using bench = await testGateway();
  const password = "0123456789abcdef0123456789abcdef";
  const record = await passwordRecord(password, testKey, new SimRandom(1));
  const station = { known: true, passwords: [record] } as const;
  bench.actors.authenticate({ ...station, securityProfile: 1 });

  const admitted = await connect(bench.gateway, "CP1", { password });
  const refusals = [
    await refusal(connect(bench.gateway, "CP1", { password: "wrong" })),
    await refusal(connect(bench.gateway, "CP1", { password, user: "CP2" })),
    await refusal(connect(bench.gateway, "CP1")),
  ];
  bench.actors.authenticate({ ...station, securityProfile: 2 });
  refusals.push(await refusal(connect(bench.gateway, "CP1", { password })));

  assert.equal(admitted.socket.protocol, "ocpp1.6");
  assert.deepEqual(refusals.map(({ status }) => status), [401, 401, 401, 401]);
  assert.equal(bench.gateway.boundsOf("CP1")["password-refused"], 4);
});

test("brute force is throttled by 429 and Retry-After", async () => {
  await using bench = await testGateway({
    limits: { failuresPerAddress: { burst: 1, perSecond: 0.1 } },
  });
  bench.actors.authenticate({ known: true, securityProfile: 1, passwords: [] });

  const first = await refusal(connect(bench.gateway, "CP1", { password: "one guess" }));
  const second = await refusal(connect(bench.gateway, "CP1", { password: "another" }));

  assert.equal(first.status, 401);
  assert.deepEqual([second.status, second.retryAfter], [429, "10"]);
});

test("upgrades are 503 with Retry-After while actors cannot be reached or too many wait", async () => {
  await using bench = await testGateway({
    limits: { handshakes: { atOnceMax: 1, waitingMax: 1 } },
  });
  bench.actors.refuse("socket.authenticate", new PlatformError("unavailable", "Cannot: gone"));
  const unavailable = await refusal(connect(bench.gateway, "CP1"));
  let release = (): void => {};
  bench.actors.answers.set("socket.authenticate", () =>
    new Promise((resolve) => {
      release = () => resolve({ text: '{"known":false}', journalled: false });
    }));
  const waiting = ["CP1", "CP2"].map((identity) => refusal(connect(bench.gateway, identity)));
  await eventually(() => bench.actors.asked.length === 2, "the first handshake");

  const overloaded = await Promise.race([
    refusal(connect(bench.gateway, "CP3")),
    ...waiting,
  ]);

  for (const { status, retryAfter } of [unavailable, overloaded]) {
    assert.equal(status, 503);
    assert.ok(Number(retryAfter) >= 5 && Number(retryAfter) <= 30, `Retry-After: ${retryAfter}`);
  }
  await eventually(() => {
    release();
    return bench.actors.asked.length === 3;
  }, "the second handshake");
  release();
  assert.deepEqual((await Promise.all(waiting)).map(({ status }) => status), [404, 404]);
});

test("a gateway has a limit of sockets", async () => {
  await using bench = await testGateway({ limits: { socketsMax: 1 } });
  assert.equal(bench.gateway.isAccepting(), true);
  await connect(bench.gateway, "CP1");

  const { status } = await refusal(connect(bench.gateway, "CP2"));

  assert.equal(status, 503);
  assert.equal(bench.gateway.isAccepting(), false);
});

test("while the store is away sockets are closed by 1013 and upgrades refused, until it is back", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1");

  bench.order({ order: "store", awayMs: 5_000 });
  await station.call("BootNotification", {});
  assert.equal(station.closedWith, undefined);
  bench.order({ order: "store", awayMs: 21_000 });
  const { code } = await station.closed();
  const { status } = await refusal(connect(bench.gateway, "CP1"));
  assert.equal(bench.gateway.isAccepting(), false);
  bench.order({ order: "store", awayMs: null });
  const again = await connect(bench.gateway, "CP1");

  assert.deepEqual([code, status], [1013, 503]);
  assert.equal(bench.gateway.isAccepting(), true);
  assert.deepEqual(await again.call("Heartbeat", {}), [3, "Heartbeat", { currentTime }]);
});

test("close() ends the sockets by 1012 and reports each to its actor", async () => {
  const bench = await testGateway();
  const stations = await Promise.all(["CP1", "CP2", "CP3"].map((id) => connect(bench.gateway, id)));
  await Promise.all(stations.map((station) => station.call("Heartbeat", {})));

  await bench[Symbol.asyncDispose]();

  const codes = await Promise.all(stations.map((station) => station.closed()));
  assert.deepEqual(codes.map(({ code }) => code), [1012, 1012, 1012]);
  assert.equal(bench.actors.of("socket.closed").length, 3);
  await assert.rejects(connect(bench.gateway, "CP1"));
});

test("2.x stations may compress, and small frames stay as they are", async () => {
  await using bench = await testGateway();
  const protocols = "ocpp2.0.1";
  const station = await connect(bench.gateway, "CP1", { protocols, perMessageDeflate: true });
  const plain = await connect(bench.gateway, "CP2", { perMessageDeflate: true });
  bench.actors.reply("DataTransfer", { status: "Accepted", data: "x".repeat(5_000) });

  const answer = await station.call("DataTransfer", { vendorId: "V", data: "y".repeat(50_000) });

  assert.match(station.socket.extensions, /permessage-deflate/);
  assert.equal(plain.socket.extensions, "");
  assert.equal((answer[2] as { readonly data: string }).data.length, 5_000);
});

test("the gateway listens on IPv4 and IPv6", async () => {
  await using bench = await testGateway({ host: undefined });
  const hosts = ["127.0.0.1", "[::1]"];

  const codes = await Promise.all(
    hosts.map(async (host) => {
      const response = await fetch(`http://${host}:${bench.gateway.port}/`);
      await response.text();
      return response.status;
    }),
  );

  assert.deepEqual(codes, [404, 404]);
});
