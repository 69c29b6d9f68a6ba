/** The way to tables: what a query may see is decided by its tenant, in the database. */

export type SqlValue = string | number | boolean | null | readonly string[] | readonly number[];

/** One transaction. Instants come as RFC 3339 text in UTC with microseconds, bigint as number. */
export interface Rows {
  /** Parameters are `$1`, `$2`, … in the text. Columns of the result are named in camelCase. */
  all<Row extends object>(text: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]>;
}

export interface Tenants {
  /**
   * Runs `work` in one transaction that sees and changes only rows of `tenant`.
   *
   * @throws {PlatformError} "unavailable" when the database cannot be reached, "overloaded" when it
   * took too long.
   */
  run<Result>(tenant: string, work: (rows: Rows) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}
