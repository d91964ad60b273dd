import { z } from "zod";
import type { VaultClient } from "../vault-client.ts";
import { readerRoleId, type VaultNames } from "../vault-names.ts";
import { readerEntityName, type ServedMount } from "./policies.ts";
import { readOptional } from "./read-optional.ts";
import type { SetupObject } from "./setup-object.ts";

const Entity = z.object({
  data: z.object({
    id: z.string(),
    aliases: z.array(z.object({ name: z.string(), mount_accessor: z.string() })).nullish(),
  }),
});
const Created = z.object({ data: z.object({ id: z.string() }) });

/** @returns null: there is none. */
export async function readEntityId(operator: VaultClient, name: string): Promise<string | null> {
  return (await readEntity(operator, name))?.id ?? null;
}

/** The reader's entity and alias exist before its first login, so that the kill switch has a known id. */
export function entityObject(
  operator: VaultClient,
  names: VaultNames,
  { path }: ServedMount,
  authAccessor: string,
): SetupObject {
  const name = readerEntityName(names, path);
  const alias = readerRoleId(names, path);
  return {
    title: `entity ${name}`,
    wanted: { name, aliases: [alias] },
    writes: ["identity/entity", "identity/entity-alias"],
    async live() {
      const entity = await readEntity(operator, name);
      return entity && { name, aliases: aliasesOn(entity, authAccessor) };
    },
    async write() {
      const entity = await readEntity(operator, name);
      const id = entity?.id ?? Created.parse(await operator.write("identity/entity", { name })).data.id;
      if (entity !== null && aliasesOn(entity, authAccessor).includes(alias)) return;
      await operator.write("identity/entity-alias", { name: alias, canonical_id: id, mount_accessor: authAccessor });
    },
  };
}

async function readEntity(operator: VaultClient, name: string) {
  const answer = await readOptional(operator, `identity/entity/name/${name}`);
  return answer === null ? null : Entity.parse(answer).data;
}

/** An alias of a mount that was disabled and made anew stays behind and counts for nothing. */
function aliasesOn({ aliases }: z.output<typeof Entity>["data"], accessor: string): string[] {
  return (aliases ?? []).filter((alias) => alias.mount_accessor === accessor).map(({ name }) => name);
}
