import { Buffer } from "node:buffer";

/** RFC 6455, 5.5 and 7.4: what a close frame may carry. */
const REASON_BYTES_MAX = 123;
const POLICY = 1008;

/** Code and reason as they may go out: another code than the standard's is a policy's. */
export function closeWords(code: number, reason: string): readonly [code: number, reason: string] {
  const isLong = Buffer.byteLength(reason) > REASON_BYTES_MAX;
  return [isCloseCode(code) ? code : POLICY, isLong ? "" : reason];
}

function isCloseCode(code: number): boolean {
  const isStandard = code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
  return isStandard || (code >= 3000 && code <= 4999);
}
