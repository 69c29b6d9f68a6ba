import { systemClock } from "#engine/adapters/system_clock.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import type { Dialect, Nameplate } from "./charger/dialect.ts";
import { City } from "./city.ts";
import { DemoOperator } from "./demo_operator.ts";
import { type ImportedStation, PlatformRest } from "./platform_rest.ts";
import { VirtualCharger } from "./virtual_charger.ts";

/**
 * A small city for the console to show: four places, two dozen stations of all versions, and their
 * drivers.
 */

export interface DemoOptions {
  /** `ws://host:port/ocpp` */
  readonly ocppUrl: string;
  readonly httpUrl: string;
  readonly operatorKey: string;
  readonly seed?: number;
}

/** A running demo. Closing is repeatable. */
export interface Demo {
  readonly stationIds: readonly string[];
  close(): Promise<void>;
}

interface Place {
  readonly id: string;
  readonly name: string;
  readonly coordinates: { readonly latitude: number; readonly longitude: number };
  readonly timeZone: string;
  readonly address: string;
  readonly prefix: string;
  readonly stations: number;
  readonly powerW: number;
}

interface DemoStation {
  readonly id: string;
  readonly place: Place;
  readonly protocol: Dialect["protocol"];
  readonly nameplate: Partial<Nameplate>;
}

const places: readonly Place[] = [
  {
    id: "demo-harbour",
    name: "Harbour fast charging",
    coordinates: { latitude: 53.5441, longitude: 9.9876 },
    timeZone: "Europe/Berlin",
    address: "Am Sandtorkai 30, 20457 Hamburg",
    prefix: "HARBOUR",
    stations: 8,
    powerW: 150_000,
  },
  {
    id: "demo-market",
    name: "Market hall",
    coordinates: { latitude: 52.3702, longitude: 4.8952 },
    timeZone: "Europe/Amsterdam",
    address: "Damrak 62, 1012 LM Amsterdam",
    prefix: "MARKET",
    stations: 6,
    powerW: 50_000,
  },
  {
    id: "demo-depot",
    name: "Bus depot north",
    coordinates: { latitude: 59.9494, longitude: 10.7564 },
    timeZone: "Europe/Oslo",
    address: "Maridalsveien 3, 0178 Oslo",
    prefix: "DEPOT",
    stations: 6,
    powerW: 75_000,
  },
  {
    id: "demo-office",
    name: "Office garage",
    coordinates: { latitude: 48.2082, longitude: 16.3738 },
    timeZone: "Europe/Vienna",
    address: "Stephansplatz 4, 1010 Wien",
    prefix: "OFFICE",
    stations: 4,
    powerW: 22_000,
  },
];

const protocols = ["ocpp2.0.1", "ocpp1.6", "ocpp2.1", "ocpp1.6"] as const;
const models = [
  { vendor: "Northwind", model: "NW-DC 150", firmwareVersion: "4.2.1" },
  { vendor: "Voltara", model: "Twin 22", firmwareVersion: "1.9.0" },
  { vendor: "Kestrel", model: "HPC One", firmwareVersion: "2.0.7" },
] as const;
const drivers = 40;
/** Lively enough for a page that somebody looks at for a minute. */
const habits = {
  gapSeconds: 60,
  staySeconds: 240,
  faultShare: 0.04,
  offlineShare: 0.05,
} as const;
const METER_INTERVAL_SECONDS = 10;

/**
 * Registers the city (again, if need be) and lets it live until `close`.
 * Rejects when the platform refuses to register it.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const stations = demoStations();
  const tokens = Array.from({ length: drivers }, (_, index) => demoToken(index));
  const rest = new PlatformRest(options.httpUrl, options.operatorKey);
  await register(rest, stations, tokens);
  const random = new SimRandom(options.seed ?? 1);
  const chargers = stations.map((station) =>
    new VirtualCharger({
      url: options.ocppUrl,
      identity: station.id,
      protocol: station.protocol,
      random: random.fork(),
      evses: 2,
      powerW: station.place.powerW,
      meterIntervalSeconds: METER_INTERVAL_SECONDS,
      nameplate: station.nameplate,
    })
  );
  const clock = systemClock({ holdsProcess: false });
  const city = new City({ chargers, tokens, clock, random: random.fork(), habits });
  const operator = new DemoOperator({ rest, stations, tokens, clock, random: random.fork() });
  city.start();
  operator.start();
  return {
    stationIds: stations.map((station) => station.id),
    close: async () => {
      operator.stop();
      await city.stop();
    },
  };
}

function demoStations(): readonly DemoStation[] {
  return places.flatMap((place) =>
    Array.from({ length: place.stations }, (_, index) => ({
      id: `${place.prefix}-${String(index + 1).padStart(2, "0")}`,
      place,
      protocol: protocols[index % protocols.length] ?? "ocpp1.6",
      nameplate: models[index % models.length] ?? models[0],
    }))
  );
}

function demoToken(index: number): string {
  return `DEMO${String(index + 1).padStart(4, "0")}`;
}

async function register(
  rest: PlatformRest,
  stations: readonly DemoStation[],
  tokens: readonly string[],
): Promise<void> {
  await Promise.all(
    places.map(({ id, name, coordinates, timeZone, address }) =>
      rest.json("PUT", `/api/v1/locations/${id}`, { id, name, coordinates, timeZone, address })
    ),
  );
  await rest.importStations(stations.map((station): ImportedStation => ({
    id: station.id,
    securityProfile: 0,
    quiet: false,
    locationId: station.place.id,
    tags: ["demo"],
  })));
  await rest.importTokens(
    tokens.map((uid) => ({ uid, status: "Accepted", concurrentSessions: 1 })),
  );
}
