import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { uuidText } from './uuid-text.ts';

/** The namespace of scheduled runs. Never to change: ids made yesterday must come out the same tomorrow. */
export const RUN_NAMESPACE: Uint8Array = Buffer.from('6f1c9a2e7d4b5e038a61c0f2b7d95e14', 'hex');

/**
 * The id of the run that a location owes at a slot (rules.md 5): the same on agent and coordinator, so that a run
 * reported twice, by whomever, is one run.
 */
export function runIdOf(run: {
  readonly accountId: string;
  readonly checkId: string;
  readonly locationId: string;
  readonly dueAtMs: number;
}): string {
  return uuidV5(RUN_NAMESPACE, `${runNameStart(run)}${run.dueAtMs}`);
}

/** The part of a run's name that all slots of a check in a location share. */
export function runNameStart(run: { readonly accountId: string; readonly checkId: string; readonly locationId: string }): string {
  return `${run.accountId}/${run.checkId}/${run.locationId}/`.toLowerCase();
}

/** RFC 9562 §5.5: SHA-1 of the 16 bytes of the namespace and the UTF-8 of the name, lower case with hyphens. */
export function uuidV5(namespaceBytes: Uint8Array, name: string): string {
  const bytes = Buffer.allocUnsafe(namespaceBytes.length + name.length * 3);
  bytes.set(namespaceBytes);
  const length = namespaceBytes.length + bytes.write(name, namespaceBytes.length, 'utf8');
  const digest = hash('sha1', bytes.subarray(0, length), 'buffer');
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return uuidText(digest);
}
