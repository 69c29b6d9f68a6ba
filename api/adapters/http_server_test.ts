import assert from "node:assert/strict";
import { Agent, get, request } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { type FetchFunction, type HttpServer, startHttpServer } from "./http_server.ts";

async function served(
  fetchFunction: FetchFunction,
  use: (server: HttpServer, origin: string) => Promise<void>,
): Promise<void> {
  const server = await startHttpServer(fetchFunction, { port: 0, clock: systemClock() });
  try {
    await use(server, `http://127.0.0.1:${server.port}`);
  } finally {
    await server.close();
  }
}

test("requests pass with method, path, headers, body and address; answers with length", async () => {
  await served(async (asked, { remoteAddress }) => {
    assert.match(remoteAddress, /127\.0\.0\.1/);
    const { pathname, search } = new URL(asked.url);
    const text = `${asked.method} ${pathname}${search} ${asked.headers.get("x-a")} ${await asked
      .text()}`;
    return new Response(text, { status: 201, headers: { "x-b": "c" } });
  }, async (_, origin) => {
    const response = await fetch(`${origin}/p%2F1?q=%20`, {
      method: "POST",
      headers: { "x-a": "1" },
      body: "hello ü",
    });
    assert.equal(response.status, 201);
    assert.equal(response.headers.get("x-b"), "c");
    assert.equal(await response.text(), "POST /p%2F1?q=%20 1 hello ü");
    const empty = await fetch(origin, { method: "DELETE" });
    assert.equal(await empty.text(), "DELETE / null ");
    const head = await fetch(origin, { method: "HEAD" });
    assert.equal(head.status, 201);
  });
});

test("listens on IPv4 and IPv6", async () => {
  await served(() => new Response("here"), async ({ port }) => {
    assert.equal(await (await fetch(`http://127.0.0.1:${port}`)).text(), "here");
    assert.equal(await (await fetch(`http://[::1]:${port}`)).text(), "here");
  });
});

test("one connection carries many requests", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  await served((asked) => new Response(new URL(asked.url).pathname), async ({ port }) => {
    for (let index = 0; index < 5; index++) {
      const path = `/${index}`;
      // deno-lint-ignore no-await-in-loop -- one after the other on one connection
      const text = await new Promise<string>((resolve, reject) => {
        const options = { host: "127.0.0.1", port, path, agent, method: "POST" };
        const outgoing = request(options, (response) => {
          ports.add(response.socket.localPort);
          let body = "";
          response.setEncoding("utf8").on("data", (chunk: string) => body += chunk);
          response.on("end", () => resolve(body));
        });
        outgoing.on("error", reject);
        outgoing.end("a body that nobody reads");
      });
      assert.equal(text, path);
    }
    agent.destroy();
  });
  assert.equal(ports.size, 1);
});

test("a stream arrives piece by piece, and its end is told when the client goes", async () => {
  const gone = Promise.withResolvers<void>();
  let push = (_text: string): void => {};
  const stream = (): Response => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        push = (text) => controller.enqueue(new TextEncoder().encode(text));
      },
      cancel: () => gone.resolve(),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  await served(stream, async ({ port }) => {
    await new Promise<void>((resolve, reject) => {
      const heard: string[] = [];
      const outgoing = get({ host: "127.0.0.1", port }, (response) => {
        assert.equal(response.headers["content-type"], "text/event-stream");
        push("one");
        response.setEncoding("utf8").on("data", (text: string) => {
          heard.push(text);
          if (heard.length === 1) push("two");
          if (heard.length < 2) return;
          assert.deepEqual(heard, ["one", "two"]);
          response.destroy();
          resolve();
        });
        response.on("error", () => {});
      });
      outgoing.on("error", reject);
    });
    await gone.promise;
  });
});

test("a function that throws is 500 without its words, and the server lives on", async () => {
  await served(() => {
    throw new Error("secret");
  }, async (_, origin) => {
    const response = await fetch(origin);
    assert.equal(response.status, 500);
    assert.doesNotMatch(await response.text(), /secret/);
    assert.equal((await fetch(origin)).status, 500);
  });
});

test("a client that breaks off in the middle of its body harms nobody", async () => {
  const broken = Promise.withResolvers<void>();
  await served(async (asked) => {
    try {
      return new Response(await asked.text());
    } catch (thrown) {
      broken.resolve();
      throw thrown;
    }
  }, async ({ port }, origin) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf", () => {
      setImmediate(() => socket.destroy());
    });
    await broken.promise;
    assert.equal(await (await fetch(origin, { method: "POST", body: "x" })).text(), "x");
  });
});

test("drain() gives the answer under way, takes no new connection, and ends when all is said", async () => {
  let asked = (): void => {};
  const isAsked = new Promise<void>((resolve) => asked = resolve);
  let answer = (_: Response): void => {};
  const slow = new Promise<Response>((resolve) => answer = resolve);
  await served(({ url }) => {
    if (url.endsWith("/quick")) return new Response("quick");
    asked();
    return slow;
  }, async (server, origin) => {
    assert.equal(await (await fetch(`${origin}/quick`)).text(), "quick");
    const underWay = fetch(origin).then((response) => response.text());
    await isAsked;

    const drained = server.drain(10_000);
    await assert.rejects(connection(server.port));
    answer(new Response("at last"));

    assert.equal(await underWay, "at last");
    await drained;
  });
});

function connection(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
  });
}
