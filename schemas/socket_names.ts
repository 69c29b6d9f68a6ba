/**
 * How sockets are told apart: a gateway names each (`<run>/<number>`), the station's actor gives it
 * an epoch (`<shard epoch>.<counter>`). Neither is ever given again.
 */

/** Compares epochs number by number; an empty one is older than any. */
export function isNewer(one: string, other: string): boolean {
  const [oneShard = 0, oneCount = 0] = one.split(".").map(Number);
  const [otherShard = 0, otherCount = 0] = other.split(".").map(Number);
  return oneShard === otherShard ? oneCount > otherCount : oneShard > otherShard;
}

export function socketName(run: string, number: number): string {
  return `${run}/${number}`;
}

/**
 * Whether a gateway that has given no name from `before` on has given this one earlier: in the same
 * run with a lower number, or in a run that has ended.
 */
export function isNamedBefore(socket: string, before: string): boolean {
  const [run, number] = parts(socket);
  const [beforeRun, beforeNumber] = parts(before);
  return run !== beforeRun || number < beforeNumber;
}

function parts(socket: string): readonly [run: string, number: number] {
  const at = socket.lastIndexOf("/");
  return [socket.slice(0, at), Number(socket.slice(at + 1))];
}
