/** `evseId` reads "EVSE id", `startAt` "Start at". */
export function wordsOfField(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase()
    .replace(/\bevse\b/g, "EVSE").replace(/\bevses\b/g, "EVSEs").replace(/\burl\b/g, "URL");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
