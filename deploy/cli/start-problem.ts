import { CliProblem, isErrno, problemOf } from './cli-problem.ts';
import { EXIT } from './exit-codes.ts';

/** What a coordinator or agent was told to use, without secrets. */
export type StartFacts = {
  readonly database?: string;
  readonly listeners: readonly { readonly host: string; readonly port: number; readonly variable: string }[];
};

/** Why a server could not start, in the words of its settings. */
export function startProblem(error: unknown, facts: StartFacts): CliProblem {
  if (error instanceof CliProblem) return error;
  const errno = innermostErrno(error);
  return (errno && (listenProblemOf(errno, facts) ?? databaseProblemOf(errno, facts))) ?? problemOf(error);
}

/** Errors wrap one another; the one with a code tells what it was. */
function innermostErrno(error: unknown): (NodeJS.ErrnoException & { port?: number }) | null {
  let found: NodeJS.ErrnoException | null = null;
  for (let at = error, depth = 0; at instanceof Error && depth < 10; depth += 1) {
    if (isErrno(at)) found = at;
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return found;
}

function listenProblemOf(error: NodeJS.ErrnoException & { port?: number }, { listeners }: StartFacts): CliProblem | null {
  if (error.syscall !== 'listen' && error.code !== 'EADDRINUSE') return null;
  const listener = listeners.find(({ port }) => port === error.port) ?? listeners.find(({ port }) => error.message.includes(`:${port}`)) ?? listeners[0];
  if (!listener) return null;
  const at = `port ${listener.port} on ${listener.host}`;
  switch (error.code) {
    case 'EADDRINUSE': return new CliProblem(EXIT.usage, `${at} is already taken. Choose another one with ${listener.variable}.`, [], error);
    case 'EACCES': return new CliProblem(EXIT.usage, `${at} may not be used by this user. Choose one above 1023 with ${listener.variable}.`, [], error);
    case 'EADDRNOTAVAIL': return new CliProblem(EXIT.usage, `${listener.host} is no address of this machine. Choose another one with ${listener.variable.replace('_PORT', '_HOST')}.`, [], error);
    default: return null;
  }
}

const DATABASE_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'the host name does not exist',
  EAI_AGAIN: 'the host name cannot be looked up',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'the host is unreachable',
  ECONNRESET: 'the connection was closed: is it Postgres that listens there?',
  // SQLSTATE, Appendix A of the Postgres manual.
  '28P01': 'the password is not accepted',
  '28000': 'the user is not accepted',
  '3D000': 'the database does not exist',
  '42501': 'the user may not create tables there',
  '53300': 'it has no connection left',
  '57P03': 'it is starting up',
};

function databaseProblemOf(error: NodeJS.ErrnoException, { database }: StartFacts): CliProblem | null {
  const reason = DATABASE_REASONS[error.code ?? ''];
  if (database === undefined || reason === undefined) return null;
  return new CliProblem(EXIT.unreachable, `the database ${database} cannot be used: ${reason}. Check DATABASE_URL.`, [], error);
}
