import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { type WebSocket, WebSocketServer } from "ws";

/**
 * The reference of every load figure: the same WebSocket library, the least that can answer a
 * charger (parse, pick a fixed reply, send). It checks nothing, stores nothing and knows no
 * station.
 */

let lastTransactionId = 0;

/** The answer to a CALL, as JSON text of its payload. */
const answers: Readonly<Record<string, () => string>> = {
  BootNotification: () =>
    `{"currentTime":"${new Date().toISOString()}","interval":300,"status":"Accepted"}`,
  Heartbeat: () => `{"currentTime":"${new Date().toISOString()}"}`,
  Authorize: () => `{"idTagInfo":{"status":"Accepted"}}`,
  StartTransaction: () =>
    `{"transactionId":${++lastTransactionId},"idTagInfo":{"status":"Accepted"}}`,
  StopTransaction: () => `{"idTagInfo":{"status":"Accepted"}}`,
};

function answer(socket: WebSocket, text: string): void {
  const [type, messageId, action] = JSON.parse(text);
  if (type !== 2) return;
  socket.send(`[3,"${messageId}",${answers[action]?.() ?? "{}"}]`);
}

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket) => {
  socket.on("message", (message: { toString(): string }) => answer(socket, message.toString()));
  socket.on("error", () => socket.terminate());
});
server.listen({ port: Number(process.env["PORT"] ?? 0), host: "127.0.0.1", backlog: 4_096 }, () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listening ${port}\n`);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
// The starter's end of this pipe closes with it, however it ends.
process.stdin.resume().on("end", () => process.exit(0));
