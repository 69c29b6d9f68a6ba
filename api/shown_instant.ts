/** Milliseconds are what everybody sends; the database keeps more for paging. */
export function shownInstant(text: string): string {
  return text.replace(/\.(\d{3})\d*Z$/, ".$1Z");
}

export function shownInstantOrNull(text: string | null): string | null {
  return text === null ? null : shownInstant(text);
}
