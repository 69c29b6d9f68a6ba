import type { Address } from "#schemas/address.ts";

/** What travels with a message to an actor besides its body. */
export interface MessageHeader {
  /** Event type, for example `socket.opened` or `ocpp.call`. */
  readonly type: string;
  /** Identity of the cause: a second message with the same cause gets the first answer again. */
  readonly cause: string;
  /** Small facts that need no parsing of the body (action, messageId, epoch, …). */
  readonly [extra: string]: string | number | boolean | null | undefined;
}

/** An answer of an actor: JSON text, and whether a journal row stands for it. */
export interface ActorAnswer {
  readonly text: string;
  readonly journalled: boolean;
  /** Of a traced message: the plug-in that it turned out to belong to (`engine/tracing.ts`). */
  readonly plugIn?: string;
}

/** The way to actors, wherever they live. Gateways and apis know no other. */
export interface Actors {
  /**
   * Delivers a message and resolves with the actor's answer after its commit.
   * `body` is JSON text, passed on unparsed.
   *
   * @throws {PlatformError} the actor's refusal, or "timed-out" / "unavailable" / "overloaded".
   */
  ask(to: Address, header: MessageHeader, body: string, timeoutMs?: number): Promise<ActorAnswer>;
}
