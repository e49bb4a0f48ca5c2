import { Anchor, Button, Code, Table, Text } from '@mantine/core';
import { IconBroadcast, IconExternalLink, IconPlus } from '@tabler/icons-react';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMay } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ToneMark } from '../../parts/tone-mark.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { statusPagesQuery } from './status-pages.ts';

export function StatusPagesPage() {
  const mayWrite = useMay()('account:write');
  const { data: pages } = useSuspenseQuery(statusPagesQuery);
  const create = mayWrite && <Button component={Link} to="/status-pages/new" leftSection={<IconPlus size={16} />}>New status page</Button>;
  return (
    <>
      <PageHeader title="Status pages" about="What you tell everybody, without sign-in, about the checks you choose." actions={pages.length > 0 && create} />
      {pages.length === 0
        ? <EmptyState icon={IconBroadcast} title="No status page yet" action={create}>Ninety days of the checks you choose, under the names you give them, with incidents and maintenance. Nobody sees it before you switch it on.</EmptyState>
        : (
          <DataTable label="Status pages" columns={['Page', 'State', 'Address', 'Shows']}>
            {pages.map((page) => (
              <Table.Tr key={page.id}>
                <Table.Td>{mayWrite ? <Anchor component={Link} to={`/status-pages/${page.id}`} fw={600} size="sm" c="inherit" className="foreign">{page.title}</Anchor> : <Text size="sm" fw={600} className="foreign">{page.title}</Text>}</Table.Td>
                <Table.Td>{page.on ? <ToneMark tone="good">Public</ToneMark> : <ToneMark tone="idle">Off</ToneMark>}</Table.Td>
                <Table.Td>{page.on ? <Anchor href={`/status/${page.slug}`} target="_blank" rel="noreferrer" size="sm">/status/{page.slug} <IconExternalLink size={14} aria-label="opens in a new tab" style={{ verticalAlign: 'middle' }} /></Anchor> : <Code>/status/{page.slug}</Code>}</Table.Td>
                <Table.Td>{count(page.sections.flatMap(({ components }) => components).length)}</Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
    </>
  );
}

function count(checks: number): string {
  return checks === 1 ? '1 check' : `${checks} checks`;
}
