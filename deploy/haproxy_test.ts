/** The load balancer's configuration, run: a station by wss, REST by https, and what is refused. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { connect as tlsConnect } from "node:tls";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { freePort } from "#start/free_port.ts";
import { type OwnNats, ownNats, type TestPostgres, testPostgres } from "#start/testing.ts";
import { waitUntil } from "#start/waiting.ts";
import { ownTree, TreeProcess } from "./tree_process.ts";

const configuration = fileURLToPath(new URL("./haproxy.cfg", import.meta.url));
const haproxy = ["haproxy", "/usr/sbin/haproxy"].find((program) =>
  spawnSync(program, ["-v"]).status === 0
);
const openssl = spawnSync("openssl", ["version"]).status === 0;
const skip = haproxy === undefined
  ? "haproxy is not installed"
  : openssl
  ? false
  : "openssl is not installed";

const key = "operator-key-of-this-test-0123456789";
const folder = mkdtempSync(join(tmpdir(), "statewatt-haproxy-"));
const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
let ports: { readonly ocpp: number; readonly web: number };
let certificate: string;
/** What the gateway's readiness says: the switch of these tests. */
let readiness = 200;

before(async () => {
  if (skip !== false) return;
  certificate = makeCertificate();
  const [database, nats] = await Promise.all([testPostgres(), ownNats()]);
  closing.push(() => database.close(), () => nats.close());
  const [gateway, api, ready] = [await freePort(), await freePort(), await freePort()];
  await startRoles({ database, nats, gateway, api });
  const server = createServer((_, response) => void response.writeHead(readiness).end());
  await once(server.listen(ready, "127.0.0.1"), "listening");
  closing.push(() => closed(server));
  ports = { ocpp: await freePort(), web: await freePort() };
  await startProxy({ gateway, api, ready });
});
after(async () => {
  // deno-lint-ignore no-await-in-loop -- in reverse order of the start
  for (const close of closing.toReversed()) await close();
});

interface Backing {
  readonly database: TestPostgres;
  readonly nats: OwnNats;
  readonly gateway: number;
  readonly api: number;
}

async function startRoles({ database, nats, gateway, api }: Backing): Promise<void> {
  const environment = {
    DATABASE_URL: database.url,
    NATS_URL: nats.url,
    SERVER_KEY: "0".repeat(64),
    OPERATOR_API_KEY: key,
    OCPP_PORT: String(gateway),
    HTTP_PORT: String(api),
    DRAIN_SECONDS: "0",
  };
  const metricsPorts = {
    worker: String(await freePort()),
    gateway: String(await freePort()),
    api: String(await freePort()),
  };
  for (const role of ["worker", "gateway", "api"] as const) {
    const own = { ...environment, METRICS_PORT: metricsPorts[role] };
    const started = new TreeProcess({ tree: ownTree, role, name: role, environment: own });
    closing.push(() => started.stop());
    // deno-lint-ignore no-await-in-loop -- the worker first
    await started.ready();
  }
}

async function startProxy(
  { gateway, api, ready }: {
    readonly gateway: number;
    readonly api: number;
    readonly ready: number;
  },
): Promise<void> {
  const environment = {
    ...process.env,
    RESOLVER: "127.0.0.1:53",
    OCPP_TLS_BIND: `127.0.0.1:${ports.ocpp}`,
    HTTPS_BIND: `127.0.0.1:${ports.web}`,
    TLS_PEM: join(folder, "site.pem"),
    METRICS_PORT: String(ready),
    MAXCONN: "1000",
    GATEWAYS: `127.0.0.1:${gateway}`,
    APIS: `127.0.0.1:${api}`,
  };
  const program = haproxy ?? "";
  const checked = spawnSync(program, ["-c", "-f", configuration], { env: environment });
  assert.equal(checked.status, 0, checked.stderr.toString());
  const child = spawn(program, ["-db", "-f", configuration], { env: environment, stdio: "ignore" });
  const exited = once(child, "exit");
  closing.push(() => ended(child, exited));
  const isUp = async (): Promise<boolean> => (await ask("/api/v1/stations", key)).status === 200;
  assert.ok(await waitUntil(() => isUp().catch(() => false), { timeoutMs: 20_000 }));
}

function makeCertificate(): string {
  const [certificateFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
    ...["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
    ...["-keyout", keyFile, "-out", certificateFile],
  ]);
  assert.equal(made.status, 0, made.stderr.toString());
  const text = readFileSync(certificateFile, "utf8");
  writeFileSync(join(folder, "site.pem"), text + readFileSync(keyFile, "utf8"), { mode: 0o600 });
  return text;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
}

function ask(path: string, bearer: string, body?: string): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${bearer}`,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  return new Promise((resolve, reject) => {
    const asked = request({
      host: "localhost",
      port: ports.web,
      path,
      method: body === undefined ? "GET" : "POST",
      headers,
      ca: certificate,
      agent: false,
    }, (response) => {
      response.resume();
      response.on(
        "end",
        () => resolve({ status: response.statusCode ?? 0, headers: response.headers }),
      );
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** The status that an upgrade is answered with. */
async function upgradeStatus(path: string): Promise<number> {
  const socket = tlsConnect({ host: "localhost", port: ports.ocpp, ca: certificate });
  const lines = [
    `GET ${path} HTTP/1.1`,
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${"A".repeat(22)}==`,
    "Sec-WebSocket-Protocol: ocpp1.6",
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  try {
    const [head] = await once(socket, "data", { signal: AbortSignal.timeout(20_000) });
    return Number(/^HTTP\/1\.1 (\d+)/.exec(String(head))?.[1]);
  } finally {
    socket.destroy();
  }
}

async function connect(path: string): Promise<WebSocket> {
  const url = `wss://localhost:${ports.ocpp}${path}`;
  const socket = new WebSocket(url, ["ocpp1.6"], { ca: certificate });
  await once(socket, "open", { signal: AbortSignal.timeout(20_000) });
  return socket;
}

async function call(socket: WebSocket, action: string, payload: unknown): Promise<unknown> {
  socket.send(JSON.stringify([2, "1", action, payload]));
  const [answer] = await once(socket, "message", { signal: AbortSignal.timeout(20_000) });
  return JSON.parse(String(answer))[2];
}

function closed(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

async function ended(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill("SIGKILL");
  await exited;
}

test("haproxy: a station speaks OCPP by wss, and keeps its socket while its gateway drains", {
  skip,
}, async () => {
  const made = await ask("/api/v1/stations", key, '{"id":"TLS-1","securityProfile":0}');
  assert.equal(made.status, 201);
  const socket = await connect("/ocpp/TLS-1");
  const boot = { chargePointVendor: "Statewatt", chargePointModel: "Virtual" };

  const booted = await call(socket, "BootNotification", boot);
  // An unknown station gets 404 of the gateway, and 503 where there is none.
  readiness = 503;
  const isOut = await waitUntil(async () => await upgradeStatus("/ocpp/UNKNOWN") === 503, {
    timeoutMs: 20_000,
    everyMs: 200,
  });
  const beat = await call(socket, "Heartbeat", {});
  readiness = 200;
  const isBack = await waitUntil(async () => await upgradeStatus("/ocpp/UNKNOWN") === 404, {
    timeoutMs: 20_000,
    everyMs: 200,
  });
  socket.terminate();

  assert.equal(Object(booted)["status"], "Accepted");
  assert.ok(isOut, "a gateway that is not ready gets no new stations");
  assert.match(String(Object(beat)["currentTime"]), /^20/);
  assert.ok(isBack, "a gateway that is ready again gets stations again");
});

test(
  "haproxy: only OCPP on the stations' port, nothing of operations on the other",
  { skip },
  async () => {
    assert.equal(await upgradeStatus("/api/v1/stations"), 404);
    assert.equal(await upgradeStatus("/metrics"), 404);
    const statuses = await Promise.all(
      ["/metrics", "/healthz", "/readyz"].map(async (path) => (await ask(path, key)).status),
    );
    assert.deepEqual(statuses, [404, 404, 404]);
    const refused = await ask("/api/v1/stations", "not-the-key-of-the-operator");
    assert.equal(refused.status, 401);
    assert.match(String(refused.headers["strict-transport-security"]), /^max-age=\d+/);
  },
);
