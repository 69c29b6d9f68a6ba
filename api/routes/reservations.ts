import type { Route } from "../route.ts";

export const reservationsRoutes: readonly Route[] = [];
