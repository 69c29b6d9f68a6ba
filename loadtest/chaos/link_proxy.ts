import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/**
 * A link that can fail: TCP between one process and a server, by a port of ours. A stalled link
 * carries nothing and says nothing, as behind a router that drops every packet.
 */
export class LinkProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isStalled = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free port of loopback. */
  static async to(targetPort: number): Promise<LinkProxy> {
    const server = createServer({ pauseOnConnect: true });
    const proxy = new LinkProxy(server);
    server.on("connection", (socket) => proxy.#join(socket, targetPort));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on nothing passes; what arrives waits. */
  stall(): void {
    this.#isStalled = true;
    for (const pair of this.#pairs) pair.forEach((socket) => socket.pause());
  }

  /** Carries again: what waited first. */
  heal(): void {
    this.#isStalled = false;
    for (const pair of this.#pairs) pair.forEach((socket) => socket.resume());
  }

  /** Ends all connections. */
  cut(): void {
    for (const [near] of this.#pairs) near.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(near: Socket, targetPort: number): void {
    const far = connect({ host: "127.0.0.1", port: targetPort, noDelay: true });
    near.setNoDelay(true);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    this.#carry(near, far);
    this.#carry(far, near);
    for (const socket of pair) socket.on("error", end).on("close", end);
    if (!this.#isStalled) pair.forEach((socket) => socket.resume());
    else far.pause();
  }

  #carry(from: Socket, to: Socket): void {
    from.on("data", (chunk) => {
      if (to.write(chunk)) return;
      from.pause();
      to.once("drain", () => {
        if (!this.#isStalled) from.resume();
      });
    });
  }
}
