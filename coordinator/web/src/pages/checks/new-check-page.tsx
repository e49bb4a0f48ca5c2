import { PageHeader } from '../../shell/page-header.tsx';
import { CheckForm } from './form/check-form.tsx';
import { emptyDraft } from './form/draft.ts';

export function NewCheckPage() {
  return (
    <>
      <PageHeader title="New TCP check" about="Connects to a port, talks to it, and judges the answer." />
      <CheckForm initial={emptyDraft()} before={null} etag={null} onSaved={(id, navigate) => void navigate({ to: '/checks/$id', params: { id } })} />
    </>
  );
}
