/**
 * postgres 3.4.9 writes a last statement (the ROLLBACK of a transaction) to a connection that has
 * just been closed by the server, in a timer of its own: a TypeError that nobody can catch. The
 * connection is gone and replaced, and everything that waits for it has a time-out of its own.
 */
function isDeadConnectionWrite(thrown: unknown): boolean {
  return thrown instanceof TypeError && /reading 'write'/.test(thrown.message) &&
    /[/\\]postgres[/\\]src[/\\]connection\.js/.test(thrown.stack ?? "");
}

/** Codes of the driver and of the system for a connection that is not there any more. */
const lostConnection =
  /^(CONNECTION_(CLOSED|DESTROYED|ENDED)|CONNECT_TIMEOUT|ECONNREFUSED|ECONNRESET|EPIPE|57P0[123])$/;

/**
 * Whether what nobody caught only says that a server went away: whoever needs it has noticed, too.
 */
export function isServerGone(thrown: unknown): boolean {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  return lostConnection.test(code) || isDeadConnectionWrite(thrown);
}
