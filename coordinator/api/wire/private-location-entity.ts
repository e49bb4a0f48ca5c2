import { z } from 'zod';
import type { PrivateLocation } from '../ports.ts';
import { isoOf } from './iso.ts';
import { LocationKeyEntity, locationKeyEntity } from './location-key-entity.ts';
import { isOlderVersion } from './older-version.ts';

const RunningAgents = z.object({
  version: z.string(),
  isOutdated: z.boolean().meta({ description: 'older than the coordinator' }),
  count: z.int(),
  agents: z.array(z.object({ id: z.string(), lastSeenAt: z.iso.datetime() })),
});

/** As clients of the Checkly API read it (checkly-api: private locations); options of keys are added. */
export const PrivateLocationEntity = z.object({
  id: z.string(),
  name: z.string(),
  slugName: z.string().meta({ description: 'what checks name in `privateLocations`' }),
  icon: z.string(),
  proxyUrl: z.string().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  keys: z.array(LocationKeyEntity.extend({ rawKey: z.string().optional().meta({ description: 'in the answer that created it, and never again' }) })),
  lastSeen: z.iso.datetime().nullable(),
  agentCount: z.int().meta({ description: 'connected agents' }),
  minAgentVersion: z.string().nullable(),
  runningAgents: z.array(RunningAgents),
  projectBindings: z.array(z.never()),
}).meta({ id: 'PrivateLocation' });

/** Not the shape of a public region, so that the two are never confused. */
export const SLUG = /^(?!((us(-gov)?|ap|ca|cn|eu|sa|af|me)-(central|(north|south)?(east|west)?)-\d+))[a-zA-Z0-9-]{1,30}$/;

const shared = {
  name: z.string().trim().min(1).max(255),
  icon: z.string().trim().min(1).max(64).default('location'),
  proxyUrl: z.string().trim().max(2048).refine((url) => !/:\/\/[^/]*@/.test(url), 'proxyUrl must not hold a user name or password: give it as {{PROXY_URL}}, which the agent knows')
    .nullable().default(null).meta({ description: 'kept for clients that set it; an agent takes its proxy from its own environment' }),
  // Clients send back what they were given.
  ...Object.fromEntries(['id', 'keys', 'lastSeen', 'agentCount', 'minAgentVersion', 'runningAgents', 'projectBindings', 'created_at', 'updated_at']
    .map((field) => [field, z.unknown().optional()])) as Record<never, never>,
};

export const PrivateLocationWriteBody = z.strictObject({
  ...shared,
  slugName: z.string().regex(SLUG, 'slugName must be 1 to 30 letters, digits and hyphens, and not look like a public region (eu-west-1)'),
}).meta({ id: 'PrivateLocationWrite' });

export const PrivateLocationUpdateBody = z.strictObject({
  ...shared,
  slugName: z.string().optional().meta({ description: 'cannot be changed; left out, or as it is' }),
}).meta({ id: 'PrivateLocationUpdate' });

/** `version`: the coordinator's own. `rawKeys`: by key id, in the one answer that shows them. */
export function privateLocationEntity(
  location: PrivateLocation, { version, rawKeys = new Map() }: { readonly version: string; readonly rawKeys?: ReadonlyMap<string, string> },
): z.output<typeof PrivateLocationEntity> {
  const byVersion = Map.groupBy(location.agents, (agent) => agent.version);
  return {
    id: location.id, name: location.name, slugName: location.slugName, icon: location.icon, proxyUrl: location.proxyUrl,
    created_at: isoOf(location.createdAtMs), updated_at: isoOf(location.updatedAtMs),
    keys: location.keys.map((key) => {
      const rawKey = rawKeys.get(key.id);
      return { ...locationKeyEntity(key), ...(rawKey === undefined ? {} : { rawKey }) };
    }),
    lastSeen: location.lastSeenAtMs === null ? null : isoOf(location.lastSeenAtMs),
    agentCount: location.agents.length,
    minAgentVersion: null,
    runningAgents: [...byVersion].map(([running, agents]) => ({
      version: running, isOutdated: isOlderVersion(running, version), count: agents.length,
      agents: agents.map(({ id, lastSeenAtMs }) => ({ id, lastSeenAt: isoOf(lastSeenAtMs) })),
    })),
    projectBindings: [],
  };
}
