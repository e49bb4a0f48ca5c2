import { writeUuid } from './uuid-bytes.ts';

/** Keeps a signature made here from meaning anything elsewhere. */
const PURPOSE = Buffer.from('sonde.fleet.v1 agent proof\n', 'ascii');
export const NONCE_BYTES = 32;
/** Ed25519 (RFC 8032). */
export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** What an agent signs with its own key: purpose, nonce of the stream, agent id, instance id (see the contract). */
export function agentProofMessage(nonce: Uint8Array, of: { readonly agentId: string; readonly instanceId: string }): Buffer {
  const ids = Buffer.alloc(32);
  writeUuid(ids, 0, of.agentId);
  writeUuid(ids, 16, of.instanceId);
  return Buffer.concat([PURPOSE, nonce, ids]);
}
