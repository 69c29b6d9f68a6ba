/** Where shards shall be. */
import { PlatformError } from "#schemas/errors.ts";
import type { Placement } from "../placement.ts";
import type { Operations } from "../ports/operations.ts";
import type { Store } from "../ports/store.ts";
import { numberOf } from "./arguments.ts";

export interface PlacementOperationParts {
  readonly placement: Pick<Placement, "pin" | "candidates">;
  readonly store: Pick<Store, "placement" | "shardCount">;
}

export function placementOperations({ placement, store }: PlacementOperationParts): Operations {
  const shardOfArgs = async (args: Readonly<Record<string, string>>): Promise<number> =>
    numberOf(args, "shard", { min: 0, max: await store.shardCount() - 1 });
  return {
    pin: {
      help: "Moves a shard to a worker, where it stays while that worker lives",
      args: ["shard", "worker"],
      run: async (args) => {
        const shard = await shardOfArgs(args);
        const worker = args["worker"] ?? "";
        const workers = placement.candidates().toSorted();
        if (!workers.includes(worker)) {
          const detail = `Cannot pin to ${worker}: the workers are ${workers.join(", ")}`;
          throw new PlatformError("not-found", detail);
        }
        await placement.pin(shard, worker);
        return { shard, worker };
      },
    },
    unpin: {
      help: "Lets the hash decide again where a shard is",
      args: ["shard"],
      run: async (args) => {
        const shard = await shardOfArgs(args);
        await placement.pin(shard, "");
        return { shard };
      },
    },
    placement: {
      help: "Who has each shard, as Postgres says, and which are pinned",
      args: [],
      run: async () => ({ shards: await store.placement() }),
    },
  };
}
