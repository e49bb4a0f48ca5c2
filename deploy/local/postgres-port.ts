import { createServer } from 'node:net';
import { EmbeddedPostgresError } from './postgres-error.ts';

/** The wanted port, or a sentence why not; without a wish the last one if it is free, else any free one. */
export async function choosePort(wanted: number | undefined, last: number | null): Promise<number> {
  if (wanted !== undefined && wanted !== 0) {
    if (await bind(wanted)) return wanted;
    throw new EmbeddedPostgresError(`port ${wanted} on 127.0.0.1 is taken by another program; choose another port for the embedded Postgres, or set DATABASE_URL`);
  }
  const chosen = (last === null ? null : await bind(last)) ?? (await bind(0));
  if (chosen === null) throw new EmbeddedPostgresError('there is no free port on 127.0.0.1 for the embedded Postgres');
  return chosen;
}

/** Binds the port for an instant: null when that is not possible. */
function bind(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const trial = createServer();
    trial.once('error', () => resolve(null));
    trial.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = trial.address();
      trial.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}
