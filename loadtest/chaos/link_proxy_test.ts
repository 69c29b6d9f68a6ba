import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { LinkProxy } from "./link_proxy.ts";

/** A server that answers all it gets, and a way through a proxy. */
async function withEcho(
  run: (proxy: LinkProxy, echoed: (text: string) => boolean) => Promise<void>,
): Promise<void> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      heard.push(chunk.toString());
      socket.write(chunk);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = await LinkProxy.to((server.address() as AddressInfo).port);
  try {
    await run(proxy, (text) => heard.join("").includes(text));
  } finally {
    proxy.close();
    server.close();
  }
}

async function opened(proxy: LinkProxy): Promise<Socket> {
  const socket = connect(proxy.port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

async function next(socket: Socket): Promise<string> {
  const [chunk] = await once(socket, "data");
  return String(chunk);
}

test("a link carries both ways", () =>
  withEcho(async (proxy) => {
    const socket = await opened(proxy);
    socket.write("hello");

    assert.equal(await next(socket), "hello");
    socket.destroy();
  }));

test("a stalled link carries nothing, neither on old nor on new connections, and all when healed", () =>
  withEcho(async (proxy, echoed) => {
    const before = await opened(proxy);
    before.write("one");
    await next(before);

    proxy.stall();
    const during = await opened(proxy);
    before.write("two");
    during.write("three");
    // Trips past the proxy are proof that what was sent before could have come through.
    const other = await severalTrips();
    assert.deepEqual(["two", "three"].map(echoed), [false, false]);
    const answers = Promise.all([next(before), next(during)]);
    proxy.heal();

    assert.deepEqual(await answers, ["two", "three"]);
    [before, during, other].forEach((socket) => socket.destroy());
  }));

test("a cut link ends its connections, and takes new ones", () =>
  withEcho(async (proxy) => {
    const socket = await opened(proxy);
    socket.write("hello");
    await next(socket);
    const closed = once(socket, "close");

    proxy.cut();

    await closed;
    const again = await opened(proxy);
    again.write("again");
    assert.equal(await next(again), "again");
    again.destroy();
  }));

/** Round trips through the same event loop, beside the proxy. */
async function severalTrips(): Promise<Socket> {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  for (let round = 0; round < 5; round++) {
    socket.write(`${round}`);
    // deno-lint-ignore no-await-in-loop -- one trip after the other
    await next(socket);
  }
  server.close();
  return socket;
}
