import { Code } from '@mantine/core';
import { PageHeader } from '../../shell/page-header.tsx';
import { Variables } from './variables.tsx';

export function VariablesPage() {
  return (
    <>
      <PageHeader title="Variables" about={<>Checks and channels name them as <Code>{'{{KEY}}'}</Code>. A group may have its own, which come first.</>} />
      <Variables groupId={null} />
    </>
  );
}
