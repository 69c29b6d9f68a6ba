import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";

/** WebSocket frames of a client (RFC 6455, 5.2 and 5.3), built once and patched in place. */

const TEXT = 0x81;
export const PONG = 0x8a;
export const CLOSE = 0x88;

/** One masked frame with this payload. */
export function maskedFrame(payload: Uint8Array, firstByte = TEXT): Buffer {
  const { frame, start, mask } = emptyFrame(payload.length, firstByte);
  for (let index = 0; index < payload.length; index++) {
    frame[start + index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
  }
  return frame;
}

/** A masked text frame of one CALL or any other text. */
export function textFrame(text: string): Buffer {
  return maskedFrame(Buffer.from(text));
}

/**
 * A masked text frame whose fixed-width fields change from send to send. It is ready when built and
 * may be patched again once the peer has answered it: then nobody reads the old bytes any more.
 */
export class FrameTemplate {
  readonly frame: Buffer;
  readonly #mask: Uint8Array;
  readonly #start: number;
  readonly #payload: Buffer;

  constructor(text: string) {
    this.#payload = Buffer.from(text);
    const { frame, start, mask } = emptyFrame(this.#payload.length, TEXT);
    this.frame = frame;
    this.#mask = mask;
    this.#start = start;
    this.#write(0, this.#payload);
  }

  /** Where `field` stands; patch it with texts of the same length. */
  find(field: string): number {
    const offset = this.#payload.indexOf(field);
    if (offset === -1) throw new RangeError(`Cannot find ${field} in the frame`);
    return offset;
  }

  /** Writes ASCII text over a field. */
  patch(offset: number, text: string): void {
    for (let index = 0; index < text.length; index++) {
      const at = offset + index;
      this.frame[this.#start + at] = text.charCodeAt(index) ^ (this.#mask[at & 3] ?? 0);
    }
  }

  /** Writes a whole number, right-aligned with leading zeros, over a field of `width` digits. */
  patchDigits(offset: number, width: number, value: number): void {
    let rest = value;
    for (let at = offset + width - 1; at >= offset; at--) {
      const next = Math.floor(rest / 10);
      this.frame[this.#start + at] = (48 + rest - next * 10) ^ (this.#mask[at & 3] ?? 0);
      rest = next;
    }
  }

  #write(offset: number, bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length; index++) {
      const at = offset + index;
      this.frame[this.#start + at] = (bytes[index] ?? 0) ^ (this.#mask[at & 3] ?? 0);
    }
  }
}

interface EmptyFrame {
  readonly frame: Buffer;
  readonly start: number;
  readonly mask: Uint8Array;
}

function emptyFrame(length: number, firstByte: number): EmptyFrame {
  const mask = randomBytes(4);
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const start = 2 + lengthBytes + 4;
  const frame = Buffer.allocUnsafeSlow(start + length);
  frame[0] = firstByte;
  if (lengthBytes === 0) frame[1] = 0x80 | length;
  else if (lengthBytes === 2) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.set(mask, start - 4);
  return { frame, start, mask };
}
