import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { FleetClient } from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { CLIENT_CHANNEL } from '#shared/rpc/channel-options.ts';
import { clientDuplex, type Duplex } from '#shared/rpc/duplex.ts';

export type CoordinatorAddress = {
  readonly host: string;
  readonly port: number;
  readonly transport: { readonly kind: 'plaintext' } | {
    readonly kind: 'tls';
    readonly caPath: string | null;
    readonly client: { readonly certPath: string; readonly keyPath: string } | null;
  };
};

/** Two streams on two connections, so that a backlog of results never delays config or liveness (rules.md 25). */
export type FleetConnection = {
  openSession(): Duplex<pb.CoordinatorMessage, pb.AgentMessage>;
  openResults(): Duplex<pb.ResultsDown, pb.ResultsUp>;
  close(): void;
};

export function connectFleet({ host, port, transport }: CoordinatorAddress): FleetConnection {
  const target = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const client = (): FleetClient => new FleetClient(target, credentials(transport), CLIENT_CHANNEL);
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
