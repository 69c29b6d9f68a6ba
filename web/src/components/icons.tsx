/** Line icons of the console, drawn on a 20 by 20 grid. They decorate: the word stands beside them. */
import type { ReactElement } from "react";

const paths = {
  stations: "M5 17V4.5A1.5 1.5 0 0 1 6.5 3h5A1.5 1.5 0 0 1 13 4.5V17M3.5 17h11M7.5 6h3M13 9h1.5" +
    "a1 1 0 0 1 1 1v3.5a1.2 1.2 0 0 0 2.4 0V8l-2-2M9.6 8.6 8 11.2h2l-1.2 2.4",
  sessions: "M11 2.5 4.5 11H9l-.8 6.5L15 9h-4.6z",
  alerts: "M5 13.5V9a5 5 0 0 1 10 0v4.5l1.3 1.5H3.7zM8.3 17.2h3.4",
  locations:
    "M10 17.5s5.5-4.6 5.5-9a5.5 5.5 0 0 0-11 0c0 4.4 5.5 9 5.5 9zM10 10.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  tokens: "M3 6.5A1.5 1.5 0 0 1 4.5 5h11A1.5 1.5 0 0 1 17 6.5v7a1.5 1.5 0 0 1-1.5 1.5h-11" +
    "A1.5 1.5 0 0 1 3 13.5zM3 8.5h14M6 12h3",
  commands: "m4 6 4 4-4 4M10 15h6",
  reservations: "M4 5.5h12v11H4zM4 8.5h12M7 3.5v3M13 3.5v3M7.5 12.3l1.8 1.8 3.2-3.4",
  campaigns: "M3.5 5h4M3.5 10h8M3.5 15h12M10 5h.01M14 10h.01",
  templates: "M7.5 7.5h9v9h-9zM12.5 7.5v-4h-9v9h4M10 10.7h4M10 13.3h2.5",
  webhooks: "M6.5 12.5 10 6.2a2.7 2.7 0 1 1 2.3 1.2M13.5 14.3H8.6a2.7 2.7 0 1 1-2.1-1.8" +
    "M11.3 8.2l2.3 4a2.7 2.7 0 1 1-1.3 4.4",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  sun:
    "M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM10 2.5v1.6M10 15.9v1.6M2.5 10h1.6M15.9 10h1.6" +
    "M4.7 4.7l1.1 1.1M14.2 14.2l1.1 1.1M15.3 4.7l-1.1 1.1M5.8 14.2l-1.1 1.1",
  moon: "M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3z",
  auto: "M3 4.5h14v9H3zM7.5 17h5M10 13.5V17",
  signOut: "M12.5 13.5V16h-9V4h9v2.5M8 10h9M14.5 7.5 17 10l-2.5 2.5",
  search: "M8.8 14a5.2 5.2 0 1 0 0-10.4 5.2 5.2 0 0 0 0 10.4zM12.7 12.7l4 4",
  plus: "M10 4.5v11M4.5 10h11",
  back: "m12 5-5 5 5 5",
  forward: "m8 5 5 5-5 5",
  down: "m5 8 5 5 5-5",
  inbound: "M15 5 5 15M5 8v7h7",
  outbound: "M5 15 15 5M8 5h7v7",
  copy: "M7 7V4.5h8.5V13H13M4.5 7H13v8.5H4.5z",
  plug: "M7 3v4M13 3v4M5 7h10v2.5a5 5 0 0 1-10 0zM10 14.5V18",
  table: "M3 5h14M3 10h14M3 15h14",
  wall: "M3.5 3.5h5v5h-5zM11.5 3.5h5v5h-5zM3.5 11.5h5v5h-5zM11.5 11.5h5v5h-5z",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }): ReactElement {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 2.6 : 1.6}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: "none" }}
    >
      <path d={paths[name]} />
    </svg>
  );
}
