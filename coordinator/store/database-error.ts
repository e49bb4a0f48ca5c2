/** Postgres is away, or is not as it must be: one sentence for the operator, never a password. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

/** What went wrong between us and the Postgres of this URL, in words; decided by code. */
export function toDatabaseError(databaseUrl: string, cause: unknown): DatabaseError {
  if (cause instanceof DatabaseError) return cause;
  return new DatabaseError(sentenceFor(databaseUrl, cause), { cause });
}

function sentenceFor(databaseUrl: string, cause: unknown): string {
  const parsed = URL.parse(databaseUrl);
  if (!parsed || !['postgres:', 'postgresql:'].includes(parsed.protocol)) {
    return 'DATABASE_URL is not a Postgres URL; it looks like postgres://user:password@host:5432/database';
  }
  const server = `${parsed.hostname || 'localhost'}:${parsed.port || '5432'}`;
  const user = decodeURIComponent(parsed.username) || 'the default user';
  const database = decodeURIComponent(parsed.pathname.slice(1)) || user;
  const { code, message } = (firstOf(cause) ?? {}) as { code?: string; message?: string };
  switch (code) {
    case 'ECONNREFUSED': return `cannot reach Postgres at ${server}: connection refused; is it running, and does DATABASE_URL name the right host and port?`;
    case 'ENOTFOUND': case 'EAI_AGAIN': return `cannot reach Postgres at ${server}: the name ${parsed.hostname} cannot be resolved; check the host in DATABASE_URL`;
    case 'ETIMEDOUT': case 'EHOSTUNREACH': case 'ENETUNREACH': return `cannot reach Postgres at ${server}: no answer; check the network and the host in DATABASE_URL`;
    case 'ECONNRESET': case 'EPIPE': return `the connection to Postgres at ${server} was cut; is it restarting, and is that a Postgres?`;
    case '28P01': case '28000': return `Postgres at ${server} refuses the user '${user}': wrong password, or not allowed to log in; check DATABASE_URL`;
    case '3D000': return `Postgres at ${server} has no database '${database}'; create it, or change DATABASE_URL`;
    case '42501': return `Postgres at ${server}: the user '${user}' lacks a permission: ${message}; make that user the owner of the database '${database}'`;
    case '53300': return `Postgres at ${server} has no connection left; raise max_connections or stop other clients`;
    case '57P03': return `Postgres at ${server} is starting up or shutting down; try again in a moment`;
    case '55P03': return `Postgres at ${server}: a table stayed locked by others for too long (lock_timeout); try again when they are done`;
    default: return `Postgres at ${server}: ${message ?? String(cause)}`;
  }
}

/** Node tries several addresses of a name and reports them together. */
function firstOf(cause: unknown): unknown {
  return cause instanceof AggregateError ? cause.errors[0] : cause;
}
