import { api } from '../../api/api.ts';

/** Reads the check as it is now and writes it back changed, unless somebody else was faster. */
export async function changeCheck(id: string, change: Readonly<Record<string, unknown>>): Promise<void> {
  const { body, etag } = await api.read<Record<string, unknown>>(`/v1/checks/${id}`);
  await api.put(`/v1/checks/${id}`, { ...body, ...change }, etag === null ? {} : { ifMatch: etag });
}

/** The same check under a new name, inactive until somebody has looked at it. */
export async function duplicateCheck(id: string): Promise<{ readonly id: string }> {
  const { body } = await api.read<Record<string, unknown>>(`/v1/checks/${id}`);
  const { id: _id, created_at: _createdAt, updated_at: _updatedAt, revision: _revision, checkType: _checkType, ...definition } = body;
  return api.post<{ id: string }>('/v1/checks/tcp', { ...definition, name: `Copy of ${String(body['name'])}`.slice(0, 255), activated: false });
}

export const deleteCheck = (id: string): Promise<void> => api.delete(`/v1/checks/${id}`);

/** At once in every location of a round-robin check is not what people ask for: the API chooses the first. */
export const runCheck = (id: string, location: string): Promise<unknown> => api.post(`/v1/checks/${id}/run`, { location });

const AT_ONCE_MAX = 4;

/** Of many; every one is tried, and the first trouble is thrown at the end with how many it concerns. */
export async function forEach(ids: readonly string[], act: (id: string) => Promise<unknown>): Promise<void> {
  const waiting = [...ids];
  const troubles: unknown[] = [];
  await Promise.all(Array.from({ length: AT_ONCE_MAX }, async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) await act(id).catch((error: unknown) => troubles.push(error));
  }));
  if (troubles.length === 0) return;
  throw new Error(`${troubles.length} of ${ids.length} did not work: ${troubles[0] instanceof Error ? troubles[0].message : String(troubles[0])}`);
}
