import type { Effect } from "./actor.ts";

type Params<Type extends Effect["type"]> = Omit<Extract<Effect, { type: Type }>, "type">;

/**
 * The effects a chart can ask for, to be spread into `setup({ actions })`. They do nothing by
 * themselves: the engine collects them from a step and carries them out after the commit, in order.
 */
export const effectActions = {
  reply: (_: unknown, _effect: Params<"reply">): void => {},
  refuse: (_: unknown, _effect: Params<"refuse">): void => {},
  forward: (_: unknown, _effect: Params<"forward">): void => {},
  tell: (_: unknown, _effect: Params<"tell">): void => {},
  send: (_: unknown, _effect: Params<"send">): void => {},
  arm: (_: unknown, _effect: Params<"arm">): void => {},
  disarm: (_: unknown, _effect: Params<"disarm">): void => {},
  fact: (_: unknown, _effect: Params<"fact">): void => {},
  /** Any number of effects at once, for decisions that are one pure function. */
  effects: (_: unknown, _list: { readonly effects: readonly Effect[] }): void => {},
};
