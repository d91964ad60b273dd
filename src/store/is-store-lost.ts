/** SQLSTATE classes: 08 is a broken connection, 57P an operator who ends sessions or the server. */
const LOST_STATE = /^(08...|57P0.)$/;
const LOST_SOCKET = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT"]);
/** Errors of the client's own have no code; the second comes to a statement after the one that broke. */
const LOST_MESSAGE = /^Connection terminated|not queryable$/;

/** True if what was thrown says that the connection to Postgres is gone: what it was doing is rolled back, or not known. */
export function isStoreLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return LOST_STATE.test(code) || LOST_SOCKET.has(code) || LOST_MESSAGE.test(error.message);
}
