import { ActionIcon, Menu, type ActionIconProps, type ElementProps } from '@mantine/core';
import { IconBell, IconBellOff, IconCopy, IconDotsVertical, IconPencil, IconPlayerPause, IconPlayerPlay, IconRun, IconTrash } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '../api/session.ts';
import { changeCheck, deleteCheck, duplicateCheck, runCheck } from '../pages/home/check-actions.ts';
import { askFirst } from './ask-first.tsx';
import { useAct } from './use-act.ts';

export type CheckOfMenu = {
  readonly checkId: string; readonly name: string; readonly activated: boolean; readonly muted: boolean;
  readonly locations: readonly string[]; readonly privateLocations: readonly string[];
};

type Props = { readonly check: CheckOfMenu; /** Leaves a page that has nothing to show any more. */ readonly onDeleted?: () => void };

/** The kebab menu of a check, on the home page and on its own. Until it is first opened it is a button and no more: a page shows fifty. */
export function CheckMenu(props: Props) {
  const may = useMay();
  const [isUsed, setUsed] = useState(false);
  if (!may('checks:write') && !may('checks:run')) return null;
  if (isUsed) return <UsedMenu {...props} />;
  return <Kebab name={props.check.name} aria-haspopup="menu" aria-expanded={false} onClick={() => setUsed(true)} />;
}

function Kebab({ name, ...button }: { readonly name: string } & Partial<ActionIconProps> & ElementProps<'button', keyof ActionIconProps>) {
  return <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${name}`} {...button}><IconDotsVertical size={18} /></ActionIcon>;
}

function UsedMenu({ check, onDeleted }: Props) {
  const { checkId: id, name, activated, muted } = check;
  const may = useMay();
  const navigate = useNavigate();
  const stale = ['checks', 'check', 'alerts'];
  const location = check.locations[0] ?? check.privateLocations[0];
  const run = useAct<void>({ run: () => runCheck(id, location ?? ''), stale, done: () => `${name} ran in ${location}` });
  const change = useAct<{ activated?: boolean; muted?: boolean }>({ run: (changed) => changeCheck(id, changed), stale, done: () => `${name} is changed` });
  const duplicate = useAct<void, { readonly id: string }>({
    run: async () => {
      const made = await duplicateCheck(id);
      await navigate({ to: `/checks/${made.id}/edit` });
      return made;
    }, stale, done: () => `Copied. The copy is inactive until you activate it.`,
  });
  const remove = useAct<void>({ run: async () => { await deleteCheck(id); onDeleted?.(); }, stale, done: () => `${name} is deleted` });
  return (
    <Menu position="bottom-end" shadow="md" width={190} defaultOpened>
      <Menu.Target><Kebab name={name} /></Menu.Target>
      <Menu.Dropdown>
        {may('checks:write') && <Menu.Item component={Link} to={`/checks/${id}/edit`} leftSection={<IconPencil size={16} />}>Edit</Menu.Item>}
        {may('checks:run') && <Menu.Item leftSection={<IconRun size={16} />} disabled={location === undefined} onClick={() => run.mutate()}>Run now</Menu.Item>}
        {may('checks:write') && (
          <>
            <Menu.Item leftSection={muted ? <IconBell size={16} /> : <IconBellOff size={16} />} onClick={() => change.mutate({ muted: !muted })}>{muted ? 'Unmute' : 'Mute'}</Menu.Item>
            <Menu.Item leftSection={activated ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />} onClick={() => change.mutate({ activated: !activated })}>{activated ? 'Deactivate' : 'Activate'}</Menu.Item>
            <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => duplicate.mutate()}>Duplicate</Menu.Item>
            <Menu.Divider />
            <Menu.Item
              c="var(--mantine-color-error)" leftSection={<IconTrash size={16} />}
              onClick={() => askFirst({ title: `Delete ${name}?`, children: 'It stops running at once, and its open alert is resolved. Its results and figures are no longer shown. This cannot be undone.', verb: 'Delete', onConfirm: () => remove.mutate() })}
            >Delete</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
