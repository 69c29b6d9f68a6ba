import type { BoundedWorkLimits } from "./bounded_work.ts";
import type { TokenBucketLimits } from "./token_bucket.ts";

/** Every bound of a gateway. Durations in milliseconds, sizes in bytes. */
export interface GatewayLimits {
  readonly socketsMax: number;
  /** Upgrades that ask an actor or a password at once, and those that wait for it. */
  readonly handshakes: BoundedWorkLimits;
  readonly frameBytesMax: number;
  /**
   * Messages that a station may send. A station needs a few per minute; a queue of an offline day
   * more.
   */
  readonly messages: TokenBucketLimits;
  /** Frames that cannot be read or break their schema; the rest is dropped unanswered. */
  readonly badFrames: TokenBucketLimits;
  /** Their CALLs that are with an actor at once; further ones wait in order. */
  readonly theirCallsAtOnce: number;
  /** Their CALLs that wait before the socket is read no further. */
  readonly theirCallsWaiting: number;
  /**
   * Their CALLs that wait at most: those that came with the last read and are beyond are dropped.
   */
  readonly theirCallsWaitingMax: number;
  /** The same in bytes: a compressed read may hold hundreds of large frames. */
  readonly theirBytesWaitingMax: number;
  readonly askMs: number;
  readonly ourCallsWaitingMax: number;
  /** How long a result after its time-out is still matched (protocols A.4). */
  readonly lateResultMs: number;
  readonly lateResultsMax: number;
  /** Unread bytes at which a slow reader is read no further, and at which it is cut off. */
  readonly unreadBytesPause: number;
  readonly unreadBytesMax: number;
  readonly slowReaderMs: number;
  /** Silence after which a ping is sent, and the time for its pong or any other sign of life. */
  readonly pingAfterMs: number;
  readonly pongMs: number;
  readonly sweepMs: number;
  readonly slowHashes: BoundedWorkLimits;
  readonly failuresPerAddress: TokenBucketLimits;
  readonly failuresPerIdentity: TokenBucketLimits;
  readonly verifiedMs: number;
  readonly rememberedMax: number;
  readonly frameLogMax: number;
  readonly frameLogFlushMs: number;
  readonly frameLogFlushMax: number;
  readonly reportsMax: number;
  readonly reportRetryMs: number;
  readonly announceAtOnce: number;
  /** Postgres away for longer: sockets are closed, upgrades refused (design rule 1.8). */
  readonly storeAwayMs: number;
  /** An order that the store is away holds for this long unless repeated. */
  readonly storeOrderMs: number;
  /** A worker's word that the store answers holds for this long unless repeated. */
  readonly storeAnswersMs: number;
  /** All sockets are closed in slices over this time, so that they do not come back at once. */
  readonly closeSpreadMs: number;
  /** The same with the store away, when nobody waits for it. */
  readonly storeCloseSpreadMs: number;
  /** What is under way when a socket is to close gets so long to be answered. */
  readonly leaveGraceMs: number;
  /** A device that waits for a rival's identity is looked at again after this. */
  readonly rivalAskMs: number;
}

export const gatewayLimits: GatewayLimits = {
  // Of the usual 20,000 file descriptors of a process; the rest is for handshakes and partings.
  socketsMax: 15_000,
  handshakes: { atOnceMax: 512, waitingMax: 12_000 },
  // Reports reach hundreds of kB; NATS carries 1 MiB by default, and frames travel together.
  frameBytesMax: 512 * 1024,
  messages: { burst: 2_000, perSecond: 500 },
  // Used up, the next is looked at after half a second: whatever a station sends, it is heard again
  // soon.
  badFrames: { burst: 20, perSecond: 2, debtMax: 0 },
  theirCallsAtOnce: 2,
  theirCallsWaiting: 8,
  // One read of a socket holds 64 KiB: some 3,000 of the smallest CALLs.
  theirCallsWaitingMax: 4_096,
  theirBytesWaitingMax: 4 * 1024 * 1024,
  // Shorter than the 30 s after which most stations give up.
  askMs: 20_000,
  ourCallsWaitingMax: 64,
  lateResultMs: 600_000,
  lateResultsMax: 20_000,
  unreadBytesPause: 256 * 1024,
  unreadBytesMax: 4 * 1024 * 1024,
  slowReaderMs: 30_000,
  // Mobile networks forget idle connections after 30 s to some minutes.
  pingAfterMs: 30_000,
  pongMs: 30_000,
  sweepMs: 200,
  slowHashes: { atOnceMax: 2, waitingMax: 256 },
  failuresPerAddress: { burst: 5, perSecond: 0.1 },
  failuresPerIdentity: { burst: 50, perSecond: 0.5 },
  verifiedMs: 600_000,
  rememberedMax: 20_000,
  frameLogMax: 5_000,
  frameLogFlushMs: 500,
  frameLogFlushMax: 500,
  reportsMax: 50_000,
  reportRetryMs: 1_000,
  announceAtOnce: 64,
  storeAwayMs: 20_000,
  storeOrderMs: 15_000,
  // Said each second.
  storeAnswersMs: 5_000,
  closeSpreadMs: 2_000,
  storeCloseSpreadMs: 10_000,
  // A commit takes milliseconds; a station's answer to us a second or two.
  leaveGraceMs: 3_000,
  rivalAskMs: 10_000,
};
