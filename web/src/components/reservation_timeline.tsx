import type { ReactElement } from "react";
import { Link } from "react-router";
import { segment } from "../api.ts";
import { formatDuration } from "../format.ts";
import { useNow } from "../live.tsx";
import { barOf, lookOfReservation, marksOf, placeOf, spanOf } from "../reservation_look.ts";
import type { Reservation } from "../shapes.ts";

const ROWS_MAX = 40;
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** What is reserved from now on: a bar for each, up to its expiry. */
export function ReservationTimeline(
  { reservations, showStation }: {
    readonly reservations: readonly Reservation[];
    readonly showStation: boolean;
  },
): ReactElement {
  const now = useNow();
  const shown = [...reservations]
    .sort((one, other) =>
      one.stationId.localeCompare(other.stationId) || (one.evseId ?? 0) - (other.evseId ?? 0) ||
      one.id - other.id
    )
    .slice(0, ROWS_MAX);
  const span = spanOf(shown, now);
  const percent = (at: number): string => `${100 * (at - span.from) / (span.to - span.from)}%`;
  return (
    <div className="timeline" role="list" aria-label="Reserved from now on">
      <div className="timeline-scale" aria-hidden="true">
        {marksOf(span, 6).map((at) => (
          <span key={at} style={{ left: percent(at) }}>{clock.format(at)}</span>
        ))}
      </div>
      {shown.map((reservation) => {
        const { left, width, isCut } = barOf(reservation, span);
        const look = lookOfReservation(reservation);
        const leftMs = Date.parse(reservation.expiresAt) - now;
        return (
          <div
            key={`${reservation.stationId} ${reservation.id}`}
            className="timeline-row"
            role="listitem"
          >
            <span className="timeline-name">
              {showStation
                ? (
                  <Link className="link" to={`/stations/${segment(reservation.stationId)}`}>
                    {reservation.stationId}
                  </Link>
                )
                : null}{" "}
              <span className={showStation ? "soft small" : undefined}>
                {placeOf(reservation)}
              </span>
            </span>
            <span className="timeline-lane">
              <span
                className="timeline-bar"
                data-tone={look.tone}
                data-asked={reservation.status === "pending"}
                data-cut={isCut}
                style={{ left: `${left}%`, width: `${width}%` }}
                title={`${look.word} for ${reservation.tokenUid}, ${formatDuration(leftMs)} left`}
              >
                <span>{reservation.tokenUid}</span>
              </span>
              <span className="timeline-now" style={{ left: percent(now) }} aria-hidden="true" />
            </span>
          </div>
        );
      })}
    </div>
  );
}
