/**
 * What passes between gateways and charger actors.
 *
 * To the actor (`Actors.ask`, header.type): socket.authenticate, socket.opened, socket.closed,
 * socket.absent, ocpp.call, ocpp.answer, gateway.lost. To the gateway (bus inbox `gateway.<id>`): a
 * `GatewayOrder` as JSON text.
 */
import type { ErrorDocument } from "#schemas/errors.ts";

export const ocppProtocols = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const;
export type OcppProtocol = typeof ocppProtocols[number];

/** Security profiles of OCPP: 0 none, 1 Basic, 2 TLS and Basic, 3 mutual TLS. */
export type SecurityProfile = 0 | 1 | 2 | 3;

/**
 * How a station's password is kept. Machine secrets (16 and more characters) as HMAC-SHA-256 over
 * salt and password with the sealed server key, shorter ones by scrypt. All binary values in
 * base64.
 */
export interface PasswordRecord {
  readonly scheme: "hmac-sha256" | "scrypt";
  readonly salt: string;
  readonly hash: string;
  /** The station takes it over when it boots: until then it comes with the one before. */
  readonly afterReboot?: true;
}

/** Body of the question `socket.authenticate`, and its reply. */
export interface AuthenticateQuestion {
  readonly identity: string;
  readonly remoteAddress?: string;
}
export type AuthenticateReply =
  | { readonly known: false }
  | {
    readonly known: true;
    readonly securityProfile: SecurityProfile;
    /** Absent for profile 0 and 3. While a password change is open both are good. */
    readonly passwords: readonly PasswordRecord[];
    /**
     * Two devices take the identity from each other: whoever asks may come in after so long, not
     * now.
     */
    readonly waitSeconds?: number;
  };

/** Body of `socket.opened`; no frame passes before its reply. */
export interface SocketOpened {
  /** Inbox id of the gateway: orders go to `gateway.<gateway>`. */
  readonly gateway: string;
  readonly protocol: OcppProtocol;
  readonly remoteAddress: string;
  /** Common name of the station's certificate; only with security profile 3. */
  readonly commonName?: string;
  /** The gateway's name of the socket, see `schemas/socket_names.ts`; it is never given again. */
  readonly socket?: string;
  /**
   * True when a socket that was granted before is announced: nobody may know it any more. An epoch
   * that still holds is given again.
   */
  readonly again: boolean;
  /** What was granted before; only with `again`. */
  readonly epoch?: string;
  /**
   * Salt of the password that it came in with; only while several are good, and not with `again`.
   */
  readonly password?: string;
}
export interface SocketGranted {
  /** `<shard epoch>.<counter>`, compared number by number; the newest wins. */
  readonly epoch: string;
  /** Absent = none, and operators have said nothing. */
  readonly quirks?: StationQuirks;
}

/** Ids of `schemas/quirks/table.ts`. */
export interface StationQuirks {
  /** By its build and what operators said. */
  readonly inForce: readonly string[];
  /** What operators said, for the next boot of another build. */
  readonly on: readonly string[];
  readonly off: readonly string[];
}

/**
 * Body of `socket.closed`. The header carries `epoch` (empty when it never arrived) and `socket`;
 * another socket than the current is ignored.
 */
export interface SocketClosed {
  readonly code: number;
  readonly reason: string;
}

/** Body of `socket.absent`: of the station's sockets before this one none is open at the gateway. */
export interface SocketAbsent {
  readonly gateway: string;
  /** A name of a socket that is not yet given. */
  readonly before: string;
}

/**
 * Header of `ocpp.call`; the body is the payload's text exactly as the station sent it. The
 * answer's text is the response payload of that action and protocol.
 */
export interface OcppCallHeader {
  readonly type: "ocpp.call";
  readonly cause: string;
  readonly protocol: OcppProtocol;
  readonly action: string;
  readonly messageId: string;
  readonly epoch: string;
}

/** Header of `ocpp.answer`: what became of a CALL of ours. Body: `OcppAnswer`. */
export interface OcppAnswerHeader {
  readonly type: "ocpp.answer";
  readonly cause: string;
  readonly messageId: string;
  readonly epoch: string;
}
export type OcppAnswer =
  | { readonly outcome: "answered"; readonly response: unknown; readonly late?: true }
  | {
    readonly outcome: "failed";
    readonly error: {
      readonly code: string;
      readonly description: string;
      readonly details: unknown;
    };
    readonly late?: true;
  }
  /** It was written to the socket (sent only when it had to wait for its turn). */
  | { readonly outcome: "sent" }
  /** It never left: its time in the queue was over, or the queue was full. */
  | { readonly outcome: "expired" }
  /** Written, and no answer in time. A late one is still reported, as `answered` with `late`. */
  | { readonly outcome: "timedOut" }
  /** The socket closed after it was written and before its answer. */
  | { readonly outcome: "unknown" };

/** Body of `gateway.lost`: the gateway died; its sockets are gone, the sessions go on. */
export interface GatewayLost {
  readonly gateway: string;
  /** Of the socket that is lost with it; absent: whichever the station has there. */
  readonly epoch?: string;
}

export type GatewayOrder =
  | {
    readonly order: "call";
    readonly tenant: string;
    readonly identity: string;
    readonly epoch: string;
    readonly messageId: string;
    readonly action: string;
    /** 0 = first (remote start, stop), 1 = normal, 2 = when nothing else waits (reports). */
    readonly priority: 0 | 1 | 2;
    /** How long it may wait for its turn before it is dropped as expired. */
    readonly queueMs: number;
    /** How long the station has for its answer once it was written. */
    readonly timeoutMs: number;
    readonly payload: unknown;
  }
  | {
    readonly order: "close";
    readonly tenant: string;
    readonly identity: string;
    readonly epoch: string;
    readonly code: number;
    readonly reason: string;
  }
  /** Operators have said something of a station's quirks. */
  | {
    readonly order: "quirks";
    readonly tenant: string;
    readonly identity: string;
    readonly epoch: string;
    readonly quirks: StationQuirks;
  }
  /**
   * What a worker believes to be open at the gateway: a socket that is not is reported
   * (`socket.absent`), one that is counts as known in this round. Sent before `announce`.
   */
  | {
    readonly order: "verify";
    readonly round: string;
    readonly tenant: string;
    readonly sockets: readonly (readonly [identity: string, epoch: string])[];
  }
  /**
   * Sockets that are not known in this round are to be announced (`socket.opened` with `again`):
   * all, or those of some shards.
   */
  | {
    readonly order: "announce";
    readonly round?: string;
    readonly shards?: readonly number[];
    readonly shardCount?: number;
  }
  /**
   * How long a worker has not reached Postgres (design rule 1.8); null = it answers. Each worker
   * says so again and again.
   */
  | { readonly order: "store"; readonly worker?: string; readonly awayMs: number | null };

/**
 * What bus `log.frames` carries: frames without a journal row, for the OCPP log. JSON array text.
 */
export interface LoggedFrame {
  readonly tenant: string;
  readonly stationId: string;
  readonly at: number;
  readonly direction: "in" | "out";
  readonly messageType: "CALL" | "CALLRESULT" | "CALLERROR" | "SEND" | "unreadable";
  readonly action: string | null;
  readonly messageId: string | null;
  readonly payload: string | null;
}

/** An answer over the bus: what an `Actors.ask` gives, or why not. */
export type BusAnswer = { readonly text: string } | { readonly error: ErrorDocument };
