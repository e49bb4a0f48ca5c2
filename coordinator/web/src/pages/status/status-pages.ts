import { queryOptions } from '@tanstack/react-query';
import { api } from '../../api/api.ts';

export type Section = { readonly name: string; readonly components: readonly { readonly checkId: string; readonly name: string | null }[] };
export type StatusPageSettings = {
  readonly id: number; readonly slug: string; readonly title: string; readonly description: string | null; readonly on: boolean;
  readonly showIncidents: boolean; readonly showMaintenance: boolean; readonly sections: readonly Section[]; readonly updated_at: string;
};

export const statusPagesQuery = queryOptions({ queryKey: ['settings', 'status-pages'], queryFn: ({ signal }) => api.get<readonly StatusPageSettings[]>('/v1/status-pages', {}, { signal }) });
