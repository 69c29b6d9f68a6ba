/** Messages that could not be worked out: looked at, tried again, thrown away. */
import { parseAddress } from "#schemas/address.ts";
import { PlatformError, toPlatformError } from "#schemas/errors.ts";
import type { Actors, MessageHeader } from "../ports/actors.ts";
import type { Operations } from "../ports/operations.ts";
import { numberOf } from "./arguments.ts";

export interface DeadLetterRow {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly type: string;
  readonly reason: string;
}

export interface WholeDeadLetter extends DeadLetterRow {
  readonly header: string;
  readonly body: string;
}

export interface DeadLetters {
  /** The newest first. */
  list(limit: number): Promise<readonly DeadLetterRow[]>;
  find(id: number): Promise<WholeDeadLetter | undefined>;
  /** False: it is gone already. */
  remove(id: number): Promise<boolean>;
  /** The newer letter of the same message, when there is one. */
  successorOf(id: number): Promise<number | undefined>;
}

const LISTED = 50;
const LISTED_MAX = 500;
const ID_MAX = 1e15 - 1;

export function deadLetterOperations(
  { letters, actors }: { readonly letters: DeadLetters; readonly actors: Actors },
): Operations {
  const idRule = { min: 1, max: ID_MAX };
  const found = async (args: Readonly<Record<string, string>>): Promise<WholeDeadLetter> => {
    const id = numberOf(args, "letter", idRule);
    const letter = await letters.find(id);
    if (letter !== undefined) return letter;
    throw new PlatformError("not-found", `Cannot find the dead letter ${id}`);
  };
  return {
    "dead-list": {
      help: "Messages that could not be worked out, the newest first",
      args: ["limit?"],
      run: async (args) => {
        const limit = numberOf(args, "limit", { min: 1, max: LISTED_MAX, otherwise: LISTED });
        return { letters: await letters.list(limit) };
      },
    },
    "dead-show": {
      help: "One of them, whole",
      args: ["letter"],
      run: async (args) => readable(await found(args)),
    },
    "dead-retry": {
      help: "Sends one of them to its actor again; it is gone when the actor takes it",
      args: ["letter"],
      run: async (args) => await retry(await found(args), letters, actors),
    },
    "dead-discard": {
      help: "Throws one of them away for ever",
      args: ["letter"],
      run: async (args) => {
        const letter = await found(args);
        return { letter: letter.id, wasThere: await letters.remove(letter.id) };
      },
    },
  };
}

/** The actor knows a repeat by the message's cause, so that a second try changes nothing twice. */
async function retry(
  { id, actor, header, body }: WholeDeadLetter,
  letters: DeadLetters,
  actors: Actors,
): Promise<object> {
  const about: MessageHeader = JSON.parse(header);
  if (about.type === "alarm") {
    const detail = `Cannot send ${id} again: an alarm rings again by itself`;
    throw new PlatformError("unsupported", detail);
  }
  try {
    const { text } = await actors.ask(parseAddress(actor), about, body);
    await letters.remove(id);
    return { letter: id, actor, answer: JSON.parse(text) };
  } catch (thrown) {
    const error = toPlatformError(thrown);
    // It was set aside a second time: one letter of it is enough.
    const newer = error.kind === "bug" ? await letters.successorOf(id) : undefined;
    if (newer !== undefined) await letters.remove(id);
    const now = newer === undefined ? "" : `; it is the dead letter ${newer} now`;
    throw new PlatformError(error.kind === "bug" ? "conflict" : error.kind, error.message + now, {
      cause: thrown,
    });
  }
}

function readable(letter: WholeDeadLetter): object {
  return { ...letter, header: parsed(letter.header), body: parsed(letter.body) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
