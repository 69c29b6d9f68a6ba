import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { Egress, EgressFailure, egressPorts, type EgressRules, type Resolver } from "./egress.ts";
import { forbiddenReason } from "./egress_addresses.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function listening(server: Server, port = 0, host = "127.0.0.1"): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  const address = server.address();
  return typeof address === "object" ? address?.port ?? 0 : 0;
}

const served = (answer: Answer): Promise<number> => listening(createServer(answer));

interface Setting {
  readonly rules?: Partial<EgressRules>;
  readonly resolve?: Resolver;
  readonly clock?: SimClock;
  readonly ca?: string;
}

function egressWith({ rules = {}, resolve, clock, ca }: Setting): Egress {
  return new Egress({
    rules: { allowPrivate: false, allowHosts: [], ports: egressPorts, ...rules },
    clock: clock ?? systemClock(),
    ...(resolve === undefined ? {} : { resolve }),
    ...(ca === undefined ? {} : { ca }),
  });
}

const asked = (url: string): Parameters<Egress["post"]>[0] => ({
  url,
  headers: { "content-type": "application/json" },
  body: '{"a":"ä"}',
  timeoutMs: 10_000,
  answerBytesMax: 1_024,
});

function refused(pattern: RegExp): (thrown: unknown) => boolean {
  return (thrown) =>
    thrown instanceof EgressFailure && thrown.isRefused && pattern.test(thrown.message);
}

const isOpen = (address: string): boolean => forbiddenReason(address) === undefined;

test("only addresses of the public Internet are open, in every way to write them", () => {
  const open = ["93.184.216.34", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1"];
  const openWide = ["2606:2800:220:1::1", "2a00:1450:4001:82a::200e", "64:ff9c::1"];
  const closed = [
    ...["127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1"],
    ...["172.31.255.255", "192.168.1.1", "169.254.1.1", "169.254.169.254", "100.64.0.1"],
    ...["100.127.255.255", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1"],
    ...["192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9"],
    ...["::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1"],
    ...["fec0::1", "2001:db8::1", "2002:7f00:1::", "2001::1", "100::1", "fd00:ec2::254"],
    ...["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:0:127.0.0.1", "0:0:0:0:0:ffff:a00:1"],
    ...["::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "::ffff:169.254.169.254"],
    ...["::ffff:8.8.8.8", "not an address", "1.2.3", ""],
  ];
  assert.deepEqual([...open, ...openWide].filter((address) => !isOpen(address)), []);
  assert.deepEqual(closed.filter(isOpen), []);
});

test("an operator may open private addresses, never a metadata service or multicast", () => {
  const may = (address: string): boolean | undefined => forbiddenReason(address)?.mayBeAllowed;
  assert.deepEqual(["127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1", "fd00::1"].map(may), [
    ...[true, true, true, true, true],
  ]);
  assert.deepEqual(["169.254.169.254", "::ffff:a9fe:a9fe", "224.0.0.1", "0.0.0.0"].map(may), [
    ...[false, false, false, false],
  ]);
});

test("check() refuses what can never be sent to, with a sentence", () => {
  const egress = egressWith({});
  const cases: readonly (readonly [string, RegExp])[] = [
    ["nonsense", /it is no URL$/],
    ["http://hooks.example/", /must begin with https:/],
    ["ftp://hooks.example/", /must begin with https:/],
    ["https://user:secret@hooks.example/", /user name or password$/],
    ["https://hooks.example:22/", /port must be one of 80, 443, 8080, 8443$/],
    ["https://127.0.0.1/", /127\.0\.0\.1 is a loopback address$/],
    ["https://0x7f.1/", /loopback/],
    ["https://2130706433/", /loopback/],
    ["https://[::ffff:10.1.2.3]/", /private address$/],
    ["https://169.254.169.254/latest/", /metadata service$/],
  ];
  for (const [url, pattern] of cases) {
    assert.throws(() => egress.check(url), refused(pattern), url);
  }
  assert.equal(egress.check("https://hooks.example:8443/in?x=1").port, "8443");
  const trusting = egressWith({ rules: { allowPrivate: true } });
  assert.equal(trusting.check("http://10.0.0.7:8080/").port, "8080");
  assert.throws(() => trusting.check("http://169.254.169.254/"), refused(/metadata/));
});

test("a name that leads to one forbidden address is refused, and nothing is sent", async () => {
  let requests = 0;
  const port = await served((_request, response) => {
    requests++;
    response.end();
  });
  const resolve: Resolver = () => Promise.resolve(["93.184.216.34", "127.0.0.1"]);
  const egress = egressWith({ rules: { ports: [port] }, resolve });

  const posted = egress.post(asked(`https://hooks.example:${port}/`));

  await assert.rejects(posted, refused(/127\.0\.0\.1 is a loopback address$/));
  assert.equal(requests, 0);
});

test("DNS rebinding: the name is asked once, the connection goes to what was checked", async () => {
  const reached: string[] = [];
  const note = (where: string): Answer => (request, response) => {
    reached.push(`${where} ${request.headers.host}`);
    response.end("ok");
  };
  const port = await listening(createServer(note("checked")), 0, "127.0.0.2");
  await listening(createServer(note("rebound")), port, "127.0.0.1");
  let questions = 0;
  const resolve: Resolver = () => Promise.resolve([++questions === 1 ? "127.0.0.2" : "127.0.0.1"]);
  const rules = { ports: [port], allowHosts: ["hooks.example"] };
  const egress = egressWith({ rules, resolve });

  const answer = await egress.post(asked(`http://hooks.example:${port}/in`));

  assert.deepEqual(answer, { status: 200, text: "ok" });
  assert.equal(questions, 1);
  assert.deepEqual(reached, [`checked hooks.example:${port}`]);
});

test("a redirect is an answer: it is not followed", async () => {
  let inside = 0;
  const target = await served((_request, response) => {
    inside++;
    response.end();
  });
  const port = await served((_request, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${target}/` }).end("elsewhere");
  });
  const rules = { ports: [port], allowHosts: ["hooks.example"] };
  const egress = egressWith({ rules, resolve: () => Promise.resolve(["127.0.0.1"]) });

  const answer = await egress.post(asked(`http://hooks.example:${port}/`));

  assert.deepEqual([answer.status, answer.text, inside], [302, "elsewhere", 0]);
});

test("no more than asked is read of an answer, also of an endless one", async () => {
  const closed = Promise.withResolvers<void>();
  const port = await served((_request, response) => {
    response.on("close", () => closed.resolve());
    response.on("drain", () => response.write("y".repeat(10_000)));
    response.write("x".repeat(100_000));
  });
  const egress = egressWith({ rules: { ports: [port], allowPrivate: true } });

  const answer = await egress.post(asked(`http://127.0.0.1:${port}/`));

  assert.equal(answer.text, "x".repeat(1_024));
  await closed.promise;
});

test("who does not answer, or not wholly, is given up after the time-out", async () => {
  const arrived: (() => void)[] = [];
  const closed = Promise.withResolvers<void>();
  const port = await served((request, response) => {
    if (request.url === "/half") response.write("half");
    request.socket.on("close", () => closed.resolve());
    arrived.shift()?.();
  });
  const clock = new SimClock();
  const egress = egressWith({ clock, rules: { ports: [port], allowPrivate: true } });
  for (const path of ["/none", "/half"]) {
    const isThere = new Promise<void>((resolve) => void arrived.push(resolve));
    const posted = egress.post(asked(`http://127.0.0.1:${port}${path}`));
    const settled = assert.rejects(posted, /Cannot deliver: no answer within 10 s/);
    // deno-lint-ignore no-await-in-loop -- one after the other.
    await isThere;
    clock.advance(10_000);
    // deno-lint-ignore no-await-in-loop -- one after the other.
    await settled;
  }
  await closed.promise;
});

test("a resolver that hangs is given up, too; failures are told in words", async () => {
  const clock = new SimClock();
  const hanging = egressWith({ clock, resolve: () => new Promise(() => {}) });
  const posted = hanging.post(asked("https://hooks.example/"));
  const settled = assert.rejects(posted, /no answer within 10 s/);
  clock.advance(10_000);
  await settled;

  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  const egress = egressWith({ rules: { ports: [port], allowPrivate: true } });
  await assert.rejects(egress.post(asked(`http://127.0.0.1:${port}/`)), /connection was refused/);
  const empty = egressWith({ resolve: () => Promise.resolve([]) });
  await assert.rejects(
    empty.post(asked("https://hooks.example/")),
    /hooks\.example has no address/,
  );
});

test("TLS: the certificate must be that of the name, whatever address was taken", async () => {
  const folder = mkdtempSync(join(tmpdir(), "statewatt-egress-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  execFileSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=hooks.example"],
    ...["-addext", "subjectAltName=DNS:hooks.example"],
  ], { stdio: "ignore" });
  const ca = readFileSync(cert, "utf8");
  let body = "";
  const server = createTlsServer({ key: readFileSync(key), cert: ca }, (request, response) => {
    request.setEncoding("utf8").on("data", (text: string) => body += text);
    request.on("end", () => response.writeHead(204).end());
  });
  const port = await listening(server);
  rmSync(folder, { recursive: true });
  const resolve: Resolver = () => Promise.resolve(["127.0.0.1"]);
  const rules = { ports: [port], allowHosts: ["hooks.example", "other.example"] };
  const egress = egressWith({ rules, resolve, ca });

  const answer = await egress.post(asked(`https://hooks.example:${port}/`));

  assert.equal(answer.status, 204);
  assert.equal(body, '{"a":"ä"}');
  await assert.rejects(egress.post(asked(`https://other.example:${port}/`)), EgressFailure);
  const strict = egressWith({ rules, resolve });
  await assert.rejects(strict.post(asked(`https://hooks.example:${port}/`)), EgressFailure);
});
