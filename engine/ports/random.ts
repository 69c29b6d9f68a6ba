/** The only source of chance and of ids that nobody may guess. */
export interface Random {
  /** Evenly in [0, 1). */
  fraction(): number;
  /** A random UUID (version 4) text. */
  uuid(): string;
}
