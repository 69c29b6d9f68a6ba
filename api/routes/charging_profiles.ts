import type { Route } from "../route.ts";

export const chargingProfilesRoutes: readonly Route[] = [];
