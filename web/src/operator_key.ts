/**
 * The operator key of this tab. A link `/#key=...` signs in at once; the key is taken out of the
 * address bar before anything else can read or bookmark it.
 */
const slot = "statewatt.key";

export function takeKeyFromAddress(): void {
  const found = /(?:^#|&)key=([^&]+)/.exec(location.hash)?.[1];
  if (found === undefined) return;
  storeKey(decodeURIComponent(found));
  history.replaceState(history.state, "", location.pathname + location.search);
}

export function loadKey(): string | null {
  return sessionStorage.getItem(slot);
}

export function storeKey(key: string): void {
  sessionStorage.setItem(slot, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(slot);
}
