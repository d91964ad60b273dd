import pg from "pg";

/** A database of its own on the server. @returns Its URL, and what drops it. */
export async function makeDatabase(server: string, name: string): Promise<[url: string, drop: () => Promise<void>]> {
  const onServer = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await onServer(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return [url.href, () => onServer(`drop database if exists ${name} with (force)`)];
}
