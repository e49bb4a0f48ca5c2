import { createPublicKey, randomBytes, verify } from 'node:crypto';
import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Location } from '#shared/check/location.ts';
import type { Log } from '#shared/log.ts';
import { agentProofMessage, NONCE_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '#shared/wire/agent-proof.ts';
import { isUuid } from '#shared/wire/uuid-bytes.ts';
import { decideEnrolment } from '../fleet/decide-enrolment.ts';
import { REJECTION_WORDS } from '../fleet/rejection-words.ts';
import type { EnrolmentStore } from './enrolment-port.ts';

export const PROTOCOL_VERSION = 1;

/** A hello that makes no sense is not going to in a second. */
const RETRY_MS = 30_000;

export type AdmitDeps = {
  readonly store: EnrolmentStore;
  readonly log: Log;
  readonly hashKey: (key: string) => Uint8Array;
  /** Left out: the system's. Must be unguessable. */
  readonly nonce?: () => Uint8Array;
};

export type Rejected = { readonly kind: 'rejected'; readonly rejected: pb.Rejected };

export type Proved =
  | { readonly kind: 'proved' }
  | Rejected
  /** The stream was over before it had proved anything. */
  | { readonly kind: 'gone' };

export type Admitted = { readonly kind: 'admitted'; readonly location: Location } | Rejected;

/** Does the hello make sense, and has who says it the key it shows? Asks the store nothing: nobody learns about keys and agents without a proof. */
export async function proveAgent(hello: pb.Hello, challenge: (nonce: Uint8Array) => Promise<pb.Proof | null | 'gone'>, { log, nonce: nonceOf }: Pick<AdmitDeps, 'log' | 'nonce'>): Promise<Proved> {
  if (hello.protocolVersion !== PROTOCOL_VERSION) {
    return rejected('protocol_version', `this coordinator speaks protocol ${PROTOCOL_VERSION}, the agent ${hello.protocolVersion}`);
  }
  if (!isUuid(hello.agentId) || !isUuid(hello.instanceId)) return rejected('bad_hello', 'agent_id and instance_id must be UUIDs');
  if (hello.publicKey.length === 0) return { kind: 'proved' };
  if (hello.publicKey.length !== PUBLIC_KEY_BYTES) return rejected('bad_hello', `public_key must be ${PUBLIC_KEY_BYTES} bytes`);
  const nonce = nonceOf?.() ?? randomBytes(NONCE_BYTES);
  const proof = await challenge(nonce);
  if (proof === 'gone') return { kind: 'gone' };
  if (proof && isProof(proof.signature, nonce, hello)) return { kind: 'proved' };
  log.warn({ agentId: hello.agentId }, 'an agent could not prove its key');
  return rejected('bad_proof', 'the challenge was not signed with the key of the hello');
}

/** Where an agent whose hello is proved may join. */
export async function admitAgent(hello: pb.Hello, { store, log, hashKey }: AdmitDeps): Promise<Admitted> {
  const decision = await store.enrol({
    agentId: hello.agentId, instanceId: hello.instanceId, name: hello.name, version: hello.version, capacity: hello.capacity,
    publicKey: hello.publicKey.length > 0 ? hello.publicKey : null,
    keyHash: hello.locationKey === '' ? null : hashKey(hello.locationKey),
  }, decideEnrolment);
  switch (decision.kind) {
    case 'admit':
      return { kind: 'admitted', location: decision.location };
    case 'enrol':
      log.info({ agentId: hello.agentId, name: hello.name, location: decision.location.code, keyId: decision.keyId, isApproved: decision.isApproved },
        decision.isNew ? 'a new agent has enrolled' : 'an agent has enrolled with another key');
      return decision.isApproved ? { kind: 'admitted', location: decision.location } : rejectedAs('pending_approval');
    case 'reject':
      return rejectedAs(decision.code);
  }
}

export function rejectionOf(code: keyof typeof REJECTION_WORDS): pb.Rejected {
  return { code, ...REJECTION_WORDS[code] };
}

function rejectedAs(code: keyof typeof REJECTION_WORDS): Rejected {
  return { kind: 'rejected', rejected: rejectionOf(code) };
}

function rejected(code: string, reason: string): Rejected {
  return { kind: 'rejected', rejected: { code, reason, retryAfterMs: RETRY_MS } };
}

function isProof(signature: Uint8Array, nonce: Uint8Array, hello: pb.Hello): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: hello.publicKey.toString('base64url') }, format: 'jwk' });
    return verify(null, agentProofMessage(nonce, hello), key, signature);
  } catch {
    return false; // 32 bytes that are no key.
  }
}
