import { isIP } from 'node:net';

/** The services of this very installation, which every first start can watch. */
export type OwnServices = {
  /** null when Postgres is reached by a socket file. */
  readonly postgres: { readonly host: string; readonly port: number } | null;
  readonly http: { readonly host: string; readonly port: number; readonly isTls: boolean };
  readonly fleet: { readonly host: string; readonly port: number };
  /** A port of this machine that refuses connections, if one was found. */
  readonly closedPort: number | null;
  readonly locations: readonly string[];
};

export type FirstCheck = { readonly idempotencyKey: string; readonly body: Readonly<Record<string, unknown>> };

/** Bytes 0–3 the length 8, then the code 80877103: "may I use TLS?". Every Postgres answers S or N. */
const SSL_REQUEST_HEX = '0000000804d2162f';

/** What a new installation checks, both strategies among it, each every 10 s. */
export function firstChecks(own: OwnServices): readonly FirstCheck[] {
  const all: (FirstCheck | null)[] = [
    own.postgres && firstCheck('postgres', own, {
      name: 'own Postgres', description: 'Asks whether TLS is spoken (SSLRequest); Postgres answers S or N.',
      request: {
        ...target(own.postgres), data: SSL_REQUEST_HEX, dataFormat: 'hex',
        assertions: [assertion('MATCHES', '^[SN]')],
      },
    }),
    firstCheck('api', own, {
      name: 'own API', description: 'Sends an HTTP request and reads the status line.',
      request: own.http.isTls ? target(own.http) : {
        ...target(own.http), data: String.raw`GET /healthz HTTP/1.0\r\n\r\n`, dataFormat: 'escaped',
        assertions: [assertion('CONTAINS', 'HTTP/1.1 200')],
      },
    }),
    firstCheck('fleet', own, {
      name: 'own fleet port', description: 'Where agents connect; from both locations at once.',
      request: target(own.fleet), runParallel: true,
    }),
    own.closedPort === null ? null : firstCheck('closed', own, {
      name: 'a closed port', description: 'Passes as long as nothing listens there.', shouldFail: true,
      request: target({ host: '127.0.0.1', port: own.closedPort }),
    }),
  ];
  return all.filter((check) => check !== null);
}

/** Where DATABASE_URL points to, if that is a host and a port. */
export function postgresTarget(databaseUrl: string): OwnServices['postgres'] {
  const url = new URL(databaseUrl);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === '' || host.includes('%2F') || url.searchParams.has('host')) return null;
  return { host, port: url.port === '' ? 5432 : Number(url.port) };
}

function firstCheck(key: string, own: OwnServices, body: Readonly<Record<string, unknown>>): FirstCheck {
  return {
    idempotencyKey: `sonde-up-first-${key}`,
    body: { frequency: 0, frequencyOffset: 10, locations: own.locations, runParallel: false, tags: ['own'], ...body },
  };
}

function target({ host, port }: { host: string; port: number }): { hostname: string; port: number; ipFamily: string } {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return { hostname: reached, port, ipFamily: isIP(reached) === 6 ? 'IPv6' : 'IPv4' };
}

function assertion(comparison: string, wanted: string): Readonly<Record<string, string>> {
  return { source: 'RESPONSE_DATA', property: '', comparison, target: wanted };
}
