import { type AnyActorScope, type AnyMachineSnapshot, createActor, createMachine } from "xstate";
import type { Address } from "#schemas/address.ts";
import type { ActorEvent, ActorKind, ActorState, Effect, StoredSnapshot } from "./actor.ts";

/** The outcome of one step: the next state, and what is to be done after the commit, in order. */
export interface Stepped {
  readonly state: ActorState;
  readonly effects: readonly Effect[];
}

/** What XState hands to an action executor; the parts of it that the engine reads. */
interface ExecutedAction {
  readonly type: string;
  readonly params: unknown;
}

const effectTypes = new Set([
  "reply",
  "refuse",
  "forward",
  "tell",
  "send",
  "arm",
  "disarm",
  "fact",
]);

let collected: Effect[] = [];
let stepTime = 0;

/**
 * One scope for all steps of a process: building one per step (the public `transition()`) costs
 * five times the step itself (ADR 1). Steps are synchronous, so that they cannot share it by
 * accident.
 */
const scope: AnyActorScope = (() => {
  const self = createActor(createMachine({}));
  return {
    self,
    system: self.system,
    id: "",
    sessionId: "",
    logger: () => {},
    defer: () => {},
    stopChild: () => {},
    emit: () => {},
    actionExecutor: (action) => collectEffect(action as ExecutedAction),
  };
})();

/** State of an actor that has never been stored, with the effects of entering it. */
export function initialState(kind: ActorKind, address: Address, now: number): Stepped {
  return collecting(now, () => {
    const state = kind.machine.getInitialSnapshot(scope, kind.initialInput(address) as never);
    if (state.status === "error") throw state.error;
    return state;
  });
}

/**
 * One transition of the chart: a pure function of state and event, which carries its time and
 * inputs.
 *
 * @throws what a guard, an assign or a parameter function of the chart threw.
 */
export function step(kind: ActorKind, state: ActorState, event: ActorEvent): Stepped {
  return collecting(event.now, () => kind.machine.transition(state, event, scope));
}

/** The state with another context, as a fold leaves it; the chart stays where it is. */
export function withContext(state: ActorState, context: unknown): ActorState {
  return { ...state, context } as ActorState;
}

/** What is stored of a state; `lastAt` is the time of its last step, which never goes back. */
export function storedState(kind: ActorKind, state: ActorState, lastAt: number): string {
  return JSON.stringify({
    value: state.value,
    context: kind.snapshot.encode(state.context),
    lastAt,
  });
}

export interface RestoredState {
  readonly state: ActorState;
  readonly lastAt: number;
}

/** Inverse of `storedState`, from any version ever stored. */
export function restoredState(kind: ActorKind, version: number, body: string): RestoredState {
  const { value, context, lastAt } = JSON.parse(body) as {
    value: unknown;
    context: unknown;
    lastAt: number;
  };
  const stored: StoredSnapshot = { version, value, context };
  const decoded = kind.snapshot.decode(stored);
  const state = kind.machine.resolveState(
    { value: decoded.value, context: decoded.context } as never,
  ) as AnyMachineSnapshot;
  return { state, lastAt };
}

function collecting(now: number, run: () => ActorState): Stepped {
  const outer = collected;
  const outerTime = stepTime;
  collected = [];
  stepTime = now;
  try {
    const state = run();
    return { state, effects: collected };
  } finally {
    collected = outer;
    stepTime = outerTime;
  }
}

function collectEffect(action: ExecutedAction): void {
  if (effectTypes.has(action.type)) {
    collected.push({ type: action.type, ...(action.params as object) } as Effect);
    return;
  }
  switch (action.type) {
    case "effects":
      for (const effect of (action.params as { effects: readonly Effect[] }).effects) {
        collected.push(effect);
      }
      return;
    case "xstate.raise":
      collectDelay(action.params as { id?: string; delay?: number; event: { type: string } });
      return;
    case "xstate.cancel":
      collected.push({
        type: "disarm",
        name: (action.params as { sendId: string }).sendId,
      });
      return;
    default:
      throw new TypeError(`Cannot carry out the action: "${action.type}" is not an effect`);
  }
}

/** XState's `after`: a restored snapshot has forgotten it, so that it becomes a durable alarm. */
function collectDelay(raise: { id?: string; delay?: number; event: { type: string } }): void {
  if (raise.delay === undefined) return;
  collected.push({
    type: "arm",
    name: raise.id ?? raise.event.type,
    due: stepTime + raise.delay,
    event: raise.event,
  });
}
