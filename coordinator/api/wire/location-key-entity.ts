import { z } from 'zod';
import type { LocationKey } from '../ports.ts';
import { isoOf } from './iso.ts';

/** A key that lets agents join, as it is shown after its first time. */
export const LocationKeyEntity = z.object({
  id: z.string(),
  maskedKey: z.string(),
  created_at: z.iso.datetime(),
  oneTime: z.boolean().meta({ description: 'enrols one agent, whose own key it is from then on' }),
  expiresAt: z.iso.datetime().nullable().meta({ description: 'enrols nobody after this; the agents that are in stay' }),
  maxAgents: z.int().nullable().meta({ description: 'agents that may hold it at once; revoking one makes room' }),
  requireApproval: z.boolean().meta({ description: 'agents wait for POST /v1/agents/{id}/approve' }),
}).meta({ id: 'LocationKey' });

export const CreatedLocationKeyEntity = LocationKeyEntity.extend({
  rawKey: z.string().meta({ description: 'shown this once; only its HMAC is kept' }),
}).meta({ id: 'CreatedLocationKey' });

/** Far more agents than a location has. */
const AGENTS_MAX = 10_000;

export const LocationKeyWrite = z.strictObject({
  oneTime: z.boolean().default(false),
  expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
  maxAgents: z.int().min(1).max(AGENTS_MAX).nullable().default(null),
  requireApproval: z.boolean().default(false),
}).meta({ id: 'LocationKeyWrite' });

export function locationKeyEntity(key: LocationKey): z.output<typeof LocationKeyEntity> {
  return {
    id: key.id, maskedKey: key.masked, created_at: isoOf(key.createdAtMs), oneTime: key.isOneTime,
    expiresAt: key.expiresAtMs === null ? null : isoOf(key.expiresAtMs), maxAgents: key.agentsMax, requireApproval: key.needsApproval,
  };
}
