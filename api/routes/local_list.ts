import type { Route } from "../route.ts";

export const localListRoutes: readonly Route[] = [];
