/** SQLSTATE classes of a server that is going, coming, full or unreachable (PostgreSQL, appendix A). */
const STATES = /^(08...|53...|57P0[1-5])$/;
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH', 'ENOENT']);
/** What pg says without a code when a connection goes away under a query. */
const WORDS =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|not queryable/i;
/** gRPC's UNAVAILABLE, for an event log in EventStoreDB. */
const GRPC_UNAVAILABLE = 14;

/** Whether an error says that a server we stand on is away, and not that we are wrong. */
export const isOutage = (error: unknown): boolean => {
  if (typeof error !== 'object' || error === null) return false;
  // By what it carries, not by its class: drivers make errors of other realms and classes.
  const { code, syscall, name, message, errors, cause } = error as Record<string, unknown>;
  const words = typeof message === 'string' ? message : '';
  if (code === GRPC_UNAVAILABLE || (code === 'unavailable' && String(name).includes('Unavailable'))) return true;
  if (typeof code === 'string') {
    // A missing file is a fault of ours; a missing socket is a server that is not there.
    if (SOCKET.has(code)) return code !== 'ENOENT' || syscall === 'connect';
    if (STATES.test(code)) return true;
    // Before the first projector made its tables.
    if ((code === '42P01' || code === '3F000') && words.includes('read_model')) return true;
  }
  if (Array.isArray(errors)) return errors.some(isOutage);
  return WORDS.test(words) || isOutage(cause);
};
