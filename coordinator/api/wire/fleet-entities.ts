import { z } from 'zod';
import type { AgentRow, ApiStore } from '../ports.ts';
import { isoOf } from './iso.ts';
import { CreatedLocationKeyEntity } from './location-key-entity.ts';

export const LocationEntity = z.object({
  id: z.string(),
  code: z.string().meta({ description: 'what checks name in `locations`, or in `privateLocations`' }),
  region: z.string().meta({ description: 'the code, under the name the Checkly API has for it' }),
  name: z.string(),
  kind: z.enum(['public', 'private']),
  liveAgents: z.int(),
  available: z.boolean().meta({ description: 'runs checks now; takes its time to change, so that a blip is none' }),
  checks: z.int().meta({ description: 'active checks of yours that run from it' }),
  load: z.number().nullable().meta({ description: 'what the checks ask of it against what its connected agents can run at once: 1 is full; null without agents' }),
}).meta({ id: 'Location' });

type ListedLocation = Awaited<ReturnType<ApiStore['listLocations']>>[number];

export function locationEntity(location: Omit<ListedLocation, 'capacity'>, load: number | null, checks = 0): z.output<typeof LocationEntity> {
  const { id, code, name, kind, liveAgents, available } = location;
  return { id, code, region: code, name, kind, liveAgents, available, checks, load: load === null ? null : Math.round(load * 1000) / 1000 };
}

export const CreatedLocationEntity = LocationEntity.extend({ keys: z.array(CreatedLocationKeyEntity) }).meta({ id: 'CreatedLocation' });

export const LocationWrite = z.strictObject({
  code: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'code must be 1 to 63 lower-case letters, digits and inner hyphens'),
  name: z.string().trim().min(1).max(255).optional().meta({ description: 'for people; left out, the code' }),
}).meta({ id: 'LocationWrite' });

export const AgentEntity = z.object({
  id: z.string(), name: z.string(), location: z.string(), version: z.string(), generation: z.int(),
  connected: z.boolean(),
  inRoster: z.boolean().meta({ description: "has a part of the location's checks" }),
  lastSeenAt: z.iso.datetime(),
  appliedRevision: z.int(),
  rejected: z.array(z.object({ checkId: z.string(), code: z.string(), reason: z.string() })),
  inFlight: z.int(), capacity: z.int(), spoolDepth: z.int(),
  load: z.number().meta({ description: 'attempts under way against its capacity: 1 is full' }),
  overloaded: z.boolean().meta({ description: 'so busy that it may have to skip slots, each recorded as `overloaded`' }),
  latenessP99Us: z.number(), loopDelayP99Us: z.number(), clockOffsetUs: z.number(), clockErrorUs: z.number(),
  engine: z.object({
    kind: z.enum(['kernel', 'plain']), reason: z.string().meta({ description: 'why it is not the kernel-timed one; empty where it is' }),
  }).nullable().meta({ description: 'what times its checks: the kernel, or the agent in user space' }),
  state: z.enum(['active', 'pending', 'draining', 'drained']).meta({
    description: '`pending` waits for approval; `draining` is being taken out of work and still runs something (all, while its location has no other agent) or has results to deliver; `drained` may be stopped, nothing is lost by it',
  }),
  drainingSince: z.iso.datetime().nullable().meta({ description: 'since when it is taken out of work; null: it is not' }),
  conflict: z.boolean().meta({ description: 'two live copies of it (a cloned machine) displace each other' }),
  enrolledAt: z.iso.datetime(),
  witnesses: z.object({
    state: z.enum(['none', 'unknown', 'ok', 'failing']), since: z.iso.datetime().nullable(), answering: z.int(), total: z.int(),
  }).meta({ description: 'what tells the agent that it is itself cut off (SONDE_WITNESSES)' }),
  impaired: z.boolean().meta({ description: 'what it sees now is believed to be of its own making, and counts for neither up nor down' }),
}).meta({ id: 'Agent' });

/** Above this the next burst does not fit. */
const OVERLOADED_FROM = 0.9;

export function agentEntity(row: AgentRow): z.output<typeof AgentEntity> {
  const { locationCode, lastSeenAtMs, enrolledAtMs, drainingSinceMs, rejected, witnesses: { sinceMs, ...witnesses }, ...rest } = row;
  const load = rest.capacity > 0 ? Math.round((rest.inFlight / rest.capacity) * 1000) / 1000 : 0;
  return { ...rest, load, overloaded: load >= OVERLOADED_FROM, location: locationCode, lastSeenAt: isoOf(lastSeenAtMs), enrolledAt: isoOf(enrolledAtMs), drainingSince: drainingSinceMs === null ? null : isoOf(drainingSinceMs), rejected: rejected.map((entry) => ({ ...entry })), witnesses: { ...witnesses, since: sinceMs === null ? null : isoOf(sinceMs) } };
}
