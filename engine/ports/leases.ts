/** One key of the cluster's membership: `worker.<id>`, `gateway.<id>`, `api.<id>`. */
export interface LeaseEntry {
  readonly key: string;
  /** Undefined when the key was removed. */
  readonly value: string | undefined;
  /** Rises with every write to any key. */
  readonly revision: number;
}

/** The key has another revision than expected: somebody else has written it. */
export class LeaseConflict extends Error {
  constructor(key: string, expected: number, options?: ErrorOptions) {
    super(`Cannot write ${key}: its revision is not ${expected}`, options);
    this.name = "LeaseConflict";
  }
}

/** A small replicated map with compare-and-set. Every call rejects when it cannot be reached. */
export interface LeaseStore {
  /**
   * Writes when the key has the revision `expected` (0: it is absent), and resolves with the new
   * one.
   * @throws {LeaseConflict} when it has another; nothing was written then.
   */
  write(key: string, value: string, expected: number): Promise<number>;
  read(key: string): Promise<LeaseEntry | undefined>;
  /** @throws {LeaseConflict} */
  remove(key: string, expected: number): Promise<void>;
  /**
   * Gives every key as it is, then each change in order of revision, until the returned function is
   * called. After a break all keys come again.
   */
  watch(onEntry: (entry: LeaseEntry) => void): () => void;
}
