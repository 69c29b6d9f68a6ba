/** A small MQTT 3.1.1 client over a real socket, for tests (OASIS MQTT 3.1.1, 2 and 3). */
import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const CONNECT = 1;
const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const SUBSCRIBE = 8;
const SUBACK = 9;
const PINGREQ = 12;
const PINGRESP = 13;
const CLEAN_SESSION = 0x02;
const HAS_WILL = 0x04;
const HAS_NAME_AND_PASSWORD = 0xc0;

export interface MqttMessage {
  readonly topic: string;
  readonly qos: number;
  readonly text: string;
}

export interface MqttLogin {
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  readonly will?: { readonly topic: string; readonly text: string };
}

interface Packet {
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

export class MqttClient {
  /** 0 = let in (3.2.2.3); -1 = the connection was closed without an answer. */
  readonly code: number;
  readonly messages: MqttMessage[] = [];
  readonly #socket: Socket;
  readonly #waiting: { readonly type: number; take(packet: Packet | undefined): void }[] = [];
  #noteMessage = (): void => {};
  #received = Buffer.alloc(0);
  #packetId = 0;

  static async connect(login: MqttLogin): Promise<MqttClient> {
    const socket = connect(login.port, "127.0.0.1");
    await once(socket, "connect");
    const answer = Promise.withResolvers<number>();
    const client = new MqttClient(socket, () => answer.resolve(-1));
    client.#expect(CONNACK, (packet) => answer.resolve(packet?.body[1] ?? -1));
    socket.write(connectPacket(login));
    return Object.assign(client, { code: await answer.promise });
  }

  private constructor(socket: Socket, onClose: () => void) {
    this.code = -1;
    this.#socket = socket;
    socket.on("data", (data) => this.#take(Buffer.from(data)));
    socket.on("error", () => {});
    socket.on("close", () => {
      onClose();
      for (const { take } of this.#waiting.splice(0)) take(undefined);
    });
  }

  /** The granted QoS, or 128 = refused; undefined = the connection was closed. */
  async subscribe(topic: string, qos: number): Promise<number | undefined> {
    const id = this.#nextId();
    const body = Buffer.concat([id, text(topic), Buffer.of(qos)]);
    return (await this.#ask(SUBSCRIBE, 0x02, body, SUBACK))?.body[2];
  }

  /** Resolves when the server has taken it, whatever it does with it. */
  async publish(topic: string, message: string, qos: 0 | 1, retain = false): Promise<void> {
    const flags = (qos << 1) | (retain ? 1 : 0);
    const head = qos === 0 ? [text(topic)] : [text(topic), this.#nextId()];
    const body = Buffer.concat([...head, Buffer.from(message)]);
    if (qos === 1) return void await this.#ask(PUBLISH, flags, body, PUBACK);
    this.#socket.write(packetOf(PUBLISH, flags, body));
    await this.ping();
  }

  async ping(): Promise<void> {
    await this.#ask(PINGREQ, 0, Buffer.alloc(0), PINGRESP);
  }

  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#noteMessage = () => {
        if (this.messages.length >= count) resolve();
      };
      this.#noteMessage();
    });
  }

  /** Without a word: the server sends the will. */
  async cut(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.destroy();
    await closed;
  }

  #nextId(): Buffer {
    this.#packetId++;
    return Buffer.of(this.#packetId >> 8, this.#packetId & 255);
  }

  #expect(type: number, take: (packet: Packet | undefined) => void): void {
    this.#waiting.push({ type, take });
  }

  #ask(type: number, flags: number, body: Buffer, answer: number): Promise<Packet | undefined> {
    return new Promise((resolve) => {
      this.#expect(answer, resolve);
      this.#socket.write(packetOf(type, flags, body));
    });
  }

  #take(data: Uint8Array): void {
    this.#received = Buffer.concat([this.#received, data]);
    for (let length = this.#wholePacket(); length > 0; length = this.#wholePacket()) {
      this.#received = this.#received.subarray(length);
    }
  }

  /** Bytes of the first packet that was dealt with, 0 when it is not whole yet. */
  #wholePacket(): number {
    let [size, shift, at] = [0, 0, 1];
    for (;;) {
      const byte = this.#received[at++];
      if (byte === undefined) return 0;
      size |= (byte & 127) << shift;
      shift += 7;
      if (byte < 128) break;
    }
    if (this.#received.length < at + size) return 0;
    const first = this.#received[0] ?? 0;
    this.#note({
      type: first >> 4,
      flags: first & 15,
      body: Buffer.from(this.#received.subarray(at, at + size)),
    });
    return at + size;
  }

  #note(packet: Packet): void {
    if (packet.type !== PUBLISH) {
      const index = this.#waiting.findIndex(({ type }) => type === packet.type);
      if (index >= 0) this.#waiting.splice(index, 1)[0]?.take(packet);
      return;
    }
    const { flags, body } = packet;
    const qos = (flags >> 1) & 3;
    const end = 2 + body.readUInt16BE(0);
    const rest = qos === 0 ? end : end + 2;
    if (qos > 0) this.#socket.write(packetOf(PUBACK, 0, body.subarray(end, rest)));
    const topic = body.subarray(2, end).toString();
    this.messages.push({ topic, qos, text: body.subarray(rest).toString() });
    this.#noteMessage();
  }
}

function connectPacket({ user, password, will }: MqttLogin): Buffer {
  const flags = CLEAN_SESSION | (user === undefined ? 0 : HAS_NAME_AND_PASSWORD) |
    (will === undefined ? 0 : HAS_WILL);
  return packetOf(
    CONNECT,
    0,
    Buffer.concat([
      text("MQTT"),
      Buffer.of(4, flags, 0, 60),
      text(`test-${randomUUID().slice(0, 13)}`),
      ...(will === undefined ? [] : [text(will.topic), text(will.text)]),
      ...(user === undefined ? [] : [text(user), text(password ?? "")]),
    ]),
  );
}

function packetOf(type: number, flags: number, body: Buffer): Buffer {
  const size: number[] = [];
  for (let left = body.length;; left >>= 7) {
    size.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  return Buffer.concat([Buffer.of((type << 4) | flags, ...size), body]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]);
}
