import { Alert } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { messageOf } from '../api/api-problem.ts';

/** What went wrong with a query or a mutation, in the API's own words; nothing when nothing did. */
export function ProblemAlert({ error, title = 'That did not work' }: { readonly error: unknown; readonly title?: string }) {
  if (error === null || error === undefined) return null;
  return <Alert color="red" variant="outline" title={title} icon={<IconAlertTriangle />} role="alert" className="foreign">{messageOf(error)}</Alert>;
}
