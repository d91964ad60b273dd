import { z } from "zod";
import type { VaultClient } from "../vault-client.ts";
import type { ServedMount } from "./policies.ts";

const Mounts = z.object({
  data: z.record(
    z.string(),
    z.object({ type: z.string(), options: z.object({ version: z.string().optional() }).nullish() }).or(z.unknown()),
  ),
});
const Kv = z.object({
  type: z.enum(["kv", "generic"]),
  options: z.object({ version: z.string().optional() }).nullish(),
});

/** Every KV mount of the server, as an operator sees it. */
export async function listKvMounts(operator: VaultClient): Promise<ServedMount[]> {
  const { data } = Mounts.parse(await operator.read("sys/mounts"));
  return Object.entries(data).flatMap(([path, mount]): ServedMount[] => {
    const kv = Kv.safeParse(mount);
    if (!kv.success || !path.endsWith("/")) return [];
    return [{ path: path.slice(0, -1), engine: kv.data.options?.version === "2" ? "kv-v2" : "kv-v1" }];
  });
}
