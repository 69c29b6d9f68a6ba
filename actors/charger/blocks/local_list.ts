import { defineBlock } from "./block.ts";

export const localList = defineBlock({ name: "local-list" });
