import { coordinatorSettings } from '#coordinator/config.ts';
import { createLog } from '#shared/log.ts';
import { readSettings } from '#shared/settings/read-settings.ts';
import { withDatabase } from '../../local/with-database.ts';
import { settingsProblem } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

type Doing = { readonly table: string; readonly number: number; readonly of: number };

/** `sonde backup <dir>`: everything of an installation, its coordinator running or not. */
export async function backupCommand({ env, output }: Context, dir: string): Promise<ExitCode> {
  const { backUp } = await import('#coordinator/store/backup/back-up.ts');
  const manifest = await withDatabase(env, (databaseUrl) => backUp(databaseUrl, dir, shown(output, 'saving'))).finally(() => output.progress(null));
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  const bytes = manifest.tables.reduce((sum, table) => sum + table.bytes, 0);
  output.answer({ dir, takenAt: manifest.takenAt, version: manifest.version, tables: manifest.tables.length, rows, bytes }, () => [
    `saved ${rows} rows of ${manifest.tables.length} tables as of ${manifest.takenAt} to ${dir} (${(bytes / 1e6).toFixed(1)} MB)`,
    'keep the master key with it (SONDE_MASTER_KEY, or the data directory of the coordinator): without it keys and secrets in it open nothing',
  ]);
  return EXIT.ok;
}

/** `sonde restore <dir>`: coordinators stopped, agents may go on. */
export async function restoreCommand({ env, output }: Context, dir: string, { replace = false }: { readonly replace?: boolean }): Promise<ExitCode> {
  const read = readSettings({ logLevel: coordinatorSettings.logLevel }, env);
  if (!read.ok) throw settingsProblem(read.problems);
  const { restore } = await import('#coordinator/store/backup/restore.ts');
  const log = createLog('restore', read.settings.logLevel === 'info' ? 'warn' : read.settings.logLevel);
  const restored = await withDatabase(env, (databaseUrl) => restore({ databaseUrl, dir, isReplacing: replace, log, onProgress: shown(output, 'restoring') })).finally(() => output.progress(null));
  const [from, to] = [new Date(restored.fromMs).toISOString(), new Date(restored.toMs).toISOString()];
  const rows = restored.manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  output.answer({ dir, takenAt: restored.manifest.takenAt, rows, from, to, requeuedDeliveries: restored.requeuedDeliveries }, () => [
    `restored ${rows} rows as of ${restored.manifest.takenAt}`,
    `start the coordinators again: agents rejoin and send what they still hold; what stays without a result between ${from} and ${to} ends as a gap 'restored'`,
    ...(restored.requeuedDeliveries > 0 ? [`${restored.requeuedDeliveries} deliveries that were pending are queued anew`] : []),
  ]);
  return EXIT.ok;
}

function shown(output: Context['output'], doing: string): (at: Doing) => void {
  return ({ table, number, of }) => output.progress(`${doing} ${number}/${of}: ${table}`);
}
