import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { PagePending } from '../../shell/page-states.tsx';
import { CheckForm } from './form/check-form.tsx';
import { draftOf, emptyDraft } from './form/draft.ts';
import type { CheckWire } from './wire.ts';

/** A new check, or one that begins as another's duplicate. */
export function NewCheckPage() {
  const { from } = useSearch({ strict: false }) as { from?: string };
  const { data, error } = useQuery({ queryKey: ['check', from, 'to-duplicate'], queryFn: ({ signal }) => api.get<CheckWire>(`/v1/checks/${from}`, {}, { signal }), enabled: from !== undefined, staleTime: Number.POSITIVE_INFINITY });
  if (from !== undefined && data === undefined) return error === null ? <PagePending /> : <ProblemAlert error={error} />;
  return (
    <>
      <PageHeader title="New TCP check" about={data === undefined ? 'Connects to a port, talks to it, and judges the answer.' : <>A duplicate of <span className="foreign">{data.name}</span>.</>} />
      <CheckForm
        initial={data === undefined ? emptyDraft() : { ...draftOf(data), name: `${data.name.slice(0, 248)} (copy)` }} before={null} etag={null}
        onSaved={(_id, navigate) => void navigate({ to: '/' })}
      />
    </>
  );
}
