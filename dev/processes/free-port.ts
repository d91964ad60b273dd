import { type AddressInfo, createServer } from "node:net";

/** A port that nobody listens on at this moment. Somebody may still be quicker, so callers try again with another. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The wanted port when it is free, otherwise another one. */
export async function portNear(wanted: number | undefined): Promise<number> {
  if (wanted === undefined) return freePort();
  const isFree = await new Promise<boolean>((resolve) => {
    const server = createServer()
      .once("error", () => resolve(false))
      .listen(wanted, "127.0.0.1", () => server.close(() => resolve(true)));
  });
  return isFree ? wanted : freePort();
}
