import { problemAt } from '#shared/check/problem.ts';
import type { z } from 'zod';
import type { ApiDeps } from './api-app.ts';
import { ApiError, invalidInput } from './api-error.ts';
import { maskToken, mintToken } from './keys.ts';
import type { NewLocationKey } from './ports.ts';
import { validated } from './validate.ts';
import { type CreatedLocationKeyEntity, locationKeyEntity, LocationKeyWrite } from './wire/location-key-entity.ts';

/** A key in the making: `raw` is shown once, the rest is stored. */
export type MintedKey = { readonly raw: string; readonly key: NewLocationKey };

/** A new key with the limits that `body` asks for (none without a body); throws 400. */
export function mintLocationKey({ ids, randomBytes, hashToken, clock }: ApiDeps, body?: unknown): MintedKey {
  const { oneTime, expiresAt, maxAgents, requireApproval } = validated(LocationKeyWrite, body ?? {});
  const expiresAtMs = expiresAt === null ? null : Date.parse(expiresAt);
  if (expiresAtMs !== null && expiresAtMs <= clock.nowMs()) throw invalidInput([problemAt('expiresAt', expiresAt, 'in the future', 'must be in the future')]);
  if (oneTime && maxAgents !== null && maxAgents > 1) throw invalidInput([problemAt('maxAgents', maxAgents, '1 with oneTime', 'a one-time key enrols one agent')]);
  const raw = mintToken('location', randomBytes);
  return { raw, key: { id: ids(), hash: hashToken(raw), masked: maskToken(raw), limits: { isOneTime: oneTime, expiresAtMs, agentsMax: maxAgents, needsApproval: requireApproval } } };
}

/** Stores it and answers what is shown this once; throws 409 where two are live. */
export async function addLocationKey(deps: ApiDeps, at: { readonly locationId: string; readonly accountId?: string }, { raw, key }: MintedKey): Promise<z.output<typeof CreatedLocationKeyEntity>> {
  const stored = await deps.store.createLocationKey(at.locationId, key, at.accountId);
  if (stored === 'too_many') throw new ApiError(409, 'this location has two live keys already: delete one of them first, the agents that enrolled with it need another one then');
  return { ...locationKeyEntity(stored), rawKey: raw };
}
