import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import * as protoLoader from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { FleetService } from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { SERVER_CHANNEL } from '#shared/rpc/channel-options.ts';
import { serverDuplex, type Duplex } from '#shared/rpc/duplex.ts';

const SERVICE = 'sonde.fleet.v1.Fleet';

export type FleetServerOptions = {
  readonly host: string;
  readonly port: number;
  /** `clientCaFile`: only agents with a certificate of this authority come in. */
  readonly tls: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile: string | null } | null;
  readonly reflection: boolean;
  readonly onSession: (stream: Duplex<pb.AgentMessage, pb.CoordinatorMessage>) => void;
  readonly onResults: (stream: Duplex<pb.ResultsUp, pb.ResultsDown>) => void;
};

/** The door agents come through: two streams, health, and reflection where it is switched on. */
export async function openFleetServer(options: FleetServerOptions): Promise<{ port: number; close(): Promise<void> }> {
  const server = new grpc.Server(SERVER_CHANNEL);
  server.addService(FleetService, {
    session: (call: grpc.ServerDuplexStream<pb.AgentMessage, pb.CoordinatorMessage>) => options.onSession(serverDuplex(call)),
    results: (call: grpc.ServerDuplexStream<pb.ResultsUp, pb.ResultsDown>) => options.onResults(serverDuplex(call)),
  });
  const health = new HealthImplementation({ '': 'SERVING', [SERVICE]: 'SERVING' });
  health.addToServer(server);
  if (options.reflection) new ReflectionService(contract()).addToServer(server);
  const port = await bind(server, options);
  return {
    port,
    async close() {
      health.setStatus(SERVICE, 'NOT_SERVING');
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => { server.forceShutdown(); resolve(); }, CLOSE_WITHIN_MS);
        server.tryShutdown(() => { clearTimeout(force); resolve(); });
      });
    },
  };
}

/** Streams that were told to go away end by themselves; what remains after this is cut. */
const CLOSE_WITHIN_MS = 1_000;

function contract(): protoLoader.PackageDefinition {
  const proto = fileURLToPath(import.meta.resolve('#proto/sonde/fleet/v1/fleet.proto'));
  return protoLoader.loadSync(proto, { includeDirs: [fileURLToPath(import.meta.resolve('#proto/sonde/fleet/v1/fleet.proto')).replace(/sonde\/fleet\/v1\/fleet\.proto$/, '')] });
}

function bind(server: grpc.Server, { host, port, tls }: FleetServerOptions): Promise<number> {
  const credentials = tls
    ? grpc.ServerCredentials.createSsl(
      tls.clientCaFile === null ? null : readFileSync(tls.clientCaFile),
      [{ cert_chain: readFileSync(tls.certFile), private_key: readFileSync(tls.keyFile) }],
      tls.clientCaFile !== null,
    )
    : grpc.ServerCredentials.createInsecure();
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error) reject(new Error(`cannot listen for agents on ${address}: ${portTrouble(error)}`, { cause: error }));
      else resolve(bound);
    });
  });
}

/** grpc-js tells a bind failure by text only: this is for the person who reads it, nothing is decided by it. */
function portTrouble(error: Error): string {
  return /EADDRINUSE/.test(error.message) ? 'the port is taken; choose another with SONDE_FLEET_PORT' : error.message;
}
