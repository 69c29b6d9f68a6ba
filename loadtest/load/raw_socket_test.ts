import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type WebSocket, WebSocketServer } from "ws";
import { FrameTemplate, textFrame } from "./frame_template.ts";
import { RawSocket } from "./raw_socket.ts";

interface Peers {
  readonly client: RawSocket;
  readonly server: WebSocket;
  /** What the client and the server have received. */
  readonly atClient: string[];
  readonly atServer: string[];
  until(isMet: () => boolean): Promise<void>;
}

async function withPeers(run: (peers: Peers) => Promise<void>): Promise<void> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const atClient: string[] = [];
  const atServer: string[] = [];
  const looks = new Set<() => void>();
  const look = (): void => looks.forEach((one) => one());
  const until = (isMet: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const one = (): void => {
        if (!isMet()) return;
        looks.delete(one);
        resolve();
      };
      looks.add(one);
      one();
    });
  const connected = once(sockets, "connection");
  const client = await RawSocket.open({
    url: `ws://127.0.0.1:${port}/ocpp/A%201`,
    protocol: "ocpp1.6",
    password: "secret",
    onText: (message) => {
      atClient.push(message.toString());
      look();
    },
    onClose: look,
  });
  const [server] = await connected as [WebSocket];
  server.on("message", (message: Buffer) => {
    atServer.push(message.toString());
    look();
  });
  server.on("close", look);
  try {
    await run({ client, server, atClient, atServer, until });
  } finally {
    client.destroy();
    sockets.clients.forEach((socket) => socket.terminate());
    http.close();
  }
}

test("texts of every length class pass both ways, fragments and pings included", () =>
  withPeers(async ({ client, server, atClient, atServer, until }) => {
    const texts = ["", "é", "a".repeat(125), "b".repeat(126), "c".repeat(70_000)];
    texts.forEach((text) => client.write(textFrame(text)));
    await until(() => atServer.length === texts.length);
    assert.deepEqual(atServer, texts);
    server.send("first ", { fin: false });
    server.send("second", { fin: true });
    texts.slice(1).forEach((text) => server.send(text));
    await until(() => atClient.length === texts.length);
    assert.deepEqual(atClient, ["first second", ...texts.slice(1)]);
    const pong = once(server, "pong");
    server.ping("here?");
    assert.equal(String((await pong)[0]), "here?");
  }));

test("a template is patched in place and stays one good frame", () =>
  withPeers(async ({ client, atServer, until }) => {
    const template = new FrameTemplate('[2,"00000000","Heartbeat",{"at":"2026"}]');
    const idAt = template.find("00000000");
    client.write(template.frame);
    await until(() => atServer.length === 1);
    template.patchDigits(idAt, 8, 90_210);
    template.patch(template.find("2026"), "1999");
    client.write(template.frame);
    await until(() => atServer.length === 2);
    assert.equal(atServer[1], '[2,"00090210","Heartbeat",{"at":"1999"}]');
  }));

test("a refused upgrade says which status it got", async () => {
  const http = createServer();
  http.on("upgrade", (_, socket) => socket.end("HTTP/1.1 404 Not Found\r\n\r\n"));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const opening = RawSocket.open({
    url: `ws://127.0.0.1:${port}/ocpp/NOBODY`,
    protocol: "ocpp1.6",
    onText: () => {},
    onClose: () => {},
  });
  await assert.rejects(opening, /404 Not Found/);
  http.close();
});
