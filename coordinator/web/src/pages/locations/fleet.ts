import { queryOptions } from '@tanstack/react-query';
import { api } from '../../api/api.ts';

export type Location = {
  readonly id: string; readonly code: string; readonly name: string; readonly kind: 'public' | 'private';
  readonly liveAgents: number; readonly available: boolean; readonly checks: number;
  /** Of 1; null without agents. */
  readonly load: number | null;
};

export type LocationKey = {
  readonly id: string; readonly maskedKey: string; readonly created_at: string; readonly oneTime: boolean; readonly expiresAt: string | null;
  readonly maxAgents: number | null; readonly requireApproval: boolean; readonly rawKey?: string;
};
export type PrivateLocation = { readonly id: string; readonly name: string; readonly slugName: string; readonly keys: readonly LocationKey[] };

export type Agent = {
  readonly id: string; readonly name: string; readonly location: string; readonly version: string; readonly generation: number;
  readonly connected: boolean; readonly inRoster: boolean; readonly lastSeenAt: string; readonly appliedRevision: number;
  readonly rejected: readonly { readonly checkId: string; readonly code: string; readonly reason: string }[];
  readonly inFlight: number; readonly capacity: number; readonly spoolDepth: number; readonly load: number; readonly overloaded: boolean;
  readonly latenessP99Us: number; readonly loopDelayP99Us: number; readonly clockOffsetUs: number; readonly clockErrorUs: number;
  readonly state: 'active' | 'pending' | 'draining' | 'drained'; readonly drainingSince: string | null; readonly conflict: boolean; readonly enrolledAt: string; readonly impaired: boolean;
  readonly engine: { readonly kind: 'kernel' | 'plain'; readonly reason: string } | null;
  readonly witnesses: { readonly state: 'none' | 'unknown' | 'ok' | 'failing'; readonly since: string | null; readonly answering: number; readonly total: number };
};

/** Where agents connect to. */
export type AgentDoor = { readonly host: string | null; readonly port: number; readonly tls: 'none' | 'known' | 'own'; readonly version: string };

/** Load and lateness move without an event. */
const MEASURED_EVERY_MS = 5_000;

export const locationsQuery = queryOptions({
  queryKey: ['fleet', 'locations'], queryFn: ({ signal }) => api.get<readonly Location[]>('/v1/locations', {}, { signal }), refetchInterval: MEASURED_EVERY_MS,
});
export const agentsQuery = queryOptions({
  queryKey: ['fleet', 'agents'], queryFn: ({ signal }) => api.get<readonly Agent[]>('/v1/agents', {}, { signal }), refetchInterval: MEASURED_EVERY_MS,
});
export const agentDoorQuery = queryOptions({
  queryKey: ['fleet', 'door'], queryFn: ({ signal }) => api.get<AgentDoor>('/v1/agent-door', {}, { signal }), staleTime: 600_000,
});
export const keysQuery = ({ kind, id, code }: Location) => queryOptions({
  queryKey: ['fleet', 'keys', id],
  queryFn: async ({ signal }): Promise<readonly LocationKey[]> => (kind === 'public'
    ? api.get<readonly LocationKey[]>(`/v1/locations/${code}/keys`, {}, { signal })
    : (await api.get<PrivateLocation>(`/v1/private-locations/${id}`, {}, { signal })).keys),
});

/** Takes an agent out of work, its checks going to the others of its location, or puts it back. */
export const drainAgent = (id: string): Promise<unknown> => api.post(`/v1/agents/${id}/drain`);
export const undrainAgent = (id: string): Promise<unknown> => api.delete(`/v1/agents/${id}/drain`);

/** Where the keys of a location are made and revoked. */
export const keysPath = ({ kind, id, code }: Location): string => (kind === 'public' ? `/v1/locations/${code}/keys` : `/v1/private-locations/${id}/keys`);

/** Being taken out of work, or out of it. */
export const isLeaving = ({ state }: Agent): boolean => state === 'draining' || state === 'drained';

export const loadText = (load: number | null): string => (load === null ? '–' : `${Math.round(load * 100)} %`);
