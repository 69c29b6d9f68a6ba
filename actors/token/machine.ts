import { assign, setup } from "xstate";
import type { ActorEvent } from "#engine/actor.ts";
import { effectActions } from "#engine/effects.ts";
import type { GrantRelease, GrantRequest } from "#schemas/events/token.ts";

/**
 * A holder whose session was lost gives its grant back after this long (eternal sessions alert at
 * 48 h).
 */
export const GRANT_LIFETIME_MS = 72 * 3_600_000;

export interface TokenContext {
  /**
   * Sessions that use the token (or its group) now, by session key, with the instant of their
   * grant.
   */
  readonly grants: Readonly<Record<string, number>>;
}

export type TokenEvent =
  & ActorEvent
  & (
    | { readonly type: "grant.request" } & GrantRequest
    | { readonly type: "grant.release" } & GrantRelease
    | { readonly type: "grant.expiry" }
  );

/** How many sessions hold a grant when those that are replaced have given theirs up. */
export function heldBeside(context: TokenContext, request: GrantRequest): number {
  const leaving = new Set([...request.replaces, request.holder]);
  return Object.keys(context.grants).filter((holder) => !leaving.has(holder)).length;
}

export function mayGrant(context: TokenContext, request: GrantRequest): boolean {
  return request.limit === 0 || heldBeside(context, request) < request.limit;
}

/** The concurrency of one token or group: who charges on it now. */
export const tokenMachine = setup({
  types: {
    context: {} as TokenContext,
    events: {} as TokenEvent,
  },
  guards: {
    mayGrant: ({ context, event }) => event.type === "grant.request" && mayGrant(context, event),
    isLastHolder: ({ context, event }) =>
      event.type === "grant.release" && isEmpty(without(context.grants, [event.holder])),
    areAllExpired: ({ context, event }) => isEmpty(unexpired(context.grants, event.now)),
  },
  actions: {
    /** The replaced sessions give theirs up in the same step: a limit of one survives a re-plug. */
    recordGrant: assign(({ context, event }) =>
      event.type !== "grant.request" ? {} : {
        grants: {
          ...without(context.grants, event.replaces),
          [event.holder]: context.grants[event.holder] ?? event.now,
        },
      }
    ),
    recordRelease: assign(({ context, event }) =>
      event.type !== "grant.release" ? {} : { grants: without(context.grants, [event.holder]) }
    ),
    recordExpiry: assign(({ context, event }) => ({
      grants: unexpired(context.grants, event.now),
    })),
    ...effectActions,
  },
}).createMachine({
  id: "token",
  context: { grants: {} },
  initial: "free",
  states: {
    free: {},
    held: {
      on: {
        "grant.release": [
          {
            guard: "isLastHolder",
            target: "free",
            actions: ["recordRelease", { type: "disarm", params: { name: "expiry" } }],
          },
          { actions: "recordRelease" },
        ],
        "grant.expiry": [
          { guard: "areAllExpired", target: "free", actions: "recordExpiry" },
          { actions: ["recordExpiry", { type: "arm", params: nextExpiry }] },
        ],
      },
    },
  },
  on: {
    "grant.request": [
      {
        guard: "mayGrant",
        target: ".held",
        actions: [
          "recordGrant",
          { type: "arm", params: nextExpiry },
          { type: "reply", params: { value: { granted: true } } },
        ],
      },
      { actions: { type: "reply", params: { value: { granted: false } } } },
    ],
  },
});

/** The oldest grant's end of life. */
function nextExpiry({ context }: { readonly context: TokenContext }): {
  readonly name: string;
  readonly due: number;
  readonly event: { readonly type: string };
} {
  const oldest = Math.min(...Object.values(context.grants));
  return { name: "expiry", due: oldest + GRANT_LIFETIME_MS, event: { type: "grant.expiry" } };
}

function without(
  grants: TokenContext["grants"],
  holders: readonly string[],
): Readonly<Record<string, number>> {
  const leaving = new Set(holders);
  return Object.fromEntries(Object.entries(grants).filter(([holder]) => !leaving.has(holder)));
}

function unexpired(grants: TokenContext["grants"], now: number): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(grants).filter(([, since]) => since + GRANT_LIFETIME_MS > now),
  );
}

function isEmpty(grants: TokenContext["grants"]): boolean {
  return Object.keys(grants).length === 0;
}
