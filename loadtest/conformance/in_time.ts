/** Rejects, naming what was waited for, when `promise` takes longer. */
export async function inTime<Value>(
  promise: Promise<Value>,
  withinMs: number,
  what: string,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const fail = (): void =>
      reject(new Error(`Cannot wait longer than ${withinMs} ms for ${what}`));
    timer = setTimeout(fail, withinMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
