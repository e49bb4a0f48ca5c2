import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { FleetClient } from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { CLIENT_CHANNEL } from '#shared/rpc/channel-options.ts';
import { isLoopbackHost, type Endpoint, type HttpProxy } from '#shared/settings/values.ts';
import { clientDuplex, type Duplex } from '#shared/rpc/duplex.ts';

export type CoordinatorAddress = {
  readonly host: string;
  readonly port: number;
  readonly transport: { readonly kind: 'plaintext' } | {
    readonly kind: 'tls';
    readonly caPath: string | null;
    readonly client: { readonly certPath: string; readonly keyPath: string } | null;
  };
  /** A CONNECT proxy on the way; left out or null: what the variables grpc_proxy, https_proxy and no_proxy say. */
  readonly proxy?: HttpProxy | null;
};

/** Two streams on two connections, so that a backlog of results never delays config or liveness (rules.md 25). */
export type FleetConnection = {
  openSession(): Duplex<pb.CoordinatorMessage, pb.AgentMessage>;
  openResults(): Duplex<pb.ResultsDown, pb.ResultsUp>;
  close(): void;
};

export function connectFleet({ host, port, transport, proxy }: CoordinatorAddress): FleetConnection {
  const target = hostAndPort({ host, port });
  const client = (): FleetClient => new FleetClient(
    hostAndPort(proxy ?? { host, port }), credentials(transport),
    // No proxy of the environment leads to this very machine.
    { ...CLIENT_CHANNEL, ...(proxy ? through(proxy, target) : isLoopbackHost(host) ? { 'grpc.enable_http_proxy': 0 } : {}) },
  );
  const control = client();
  const data = client();
  return {
    openSession: () => clientDuplex(control.session()),
    openResults: () => clientDuplex(data.results()),
    close() {
      control.close();
      data.close();
    },
  };
}

function hostAndPort({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What grpc-js sets itself for a proxy it finds in the environment: it dials the proxy, and asks it for the target. */
function through({ credentials: given }: HttpProxy, target: string): grpc.ChannelOptions {
  return {
    'grpc.enable_http_proxy': 0,
    'grpc.default_authority': target,
    'grpc.http_connect_target': `dns:${target}`,
    ...(given ? { 'grpc.http_connect_creds': given.reveal() } : {}),
  };
}

function credentials(transport: CoordinatorAddress['transport']): grpc.ChannelCredentials {
  switch (transport.kind) {
    case 'plaintext': return grpc.credentials.createInsecure();
    case 'tls': {
      const { caPath, client } = transport;
      const authority = caPath === null ? null : readFileSync(caPath);
      return client === null ? grpc.credentials.createSsl(authority)
        : grpc.credentials.createSsl(authority, readFileSync(client.keyPath), readFileSync(client.certPath));
    }
  }
}
