/** Alerts as the judge opens, changes and closes them: one statement for each kind of change, of however many checks. */
import { sql, type Transaction } from 'kysely';
import type { AlertChange, JudgedCheck } from '../pipeline/judging-port.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;
type Kind = AlertChange['kind'];
type ChangeOf<K extends Kind> = Extract<AlertChange, { readonly kind: K }> & { readonly accountId: string; readonly checkId: string };

/** One look opens, changes or closes an alert, never two of these, so that the order of the three is of no account. */
export async function applyAlertChanges(trx: Trx, judged: readonly Pick<JudgedCheck, 'accountId' | 'checkId' | 'alerts'>[]): Promise<void> {
  const of = <K extends Kind>(kind: K): readonly ChangeOf<K>[] =>
    judged.flatMap(({ accountId, checkId, alerts }) => alerts.filter((change) => change.kind === kind).map((change) => ({ ...change, accountId, checkId }) as ChangeOf<K>));
  await open(trx, of('open'));
  await change(trx, of('change'));
  await close(trx, of('close'));
}

async function open(trx: Trx, opened: readonly ChangeOf<'open'>[]): Promise<void> {
  if (opened.length === 0) return;
  await sql`
    insert into alerts (account_id, id, check_id, kind, opened_at, since_at)
    select * from unnest(
      ${opened.map(({ accountId }) => accountId)}::uuid[], ${opened.map(({ id }) => id)}::uuid[], ${opened.map(({ checkId }) => checkId)}::uuid[], ${opened.map(({ alertKind }) => alertKind)}::text[],
      ${opened.map(({ atMs }) => new Date(atMs))}::timestamptz[], ${opened.map(({ sinceMs }) => (sinceMs === null ? null : new Date(sinceMs)))}::timestamptz[]
    )`.execute(trx);
}

async function change(trx: Trx, changed: readonly ChangeOf<'change'>[]): Promise<void> {
  if (changed.length === 0) return;
  await sql`
    update alerts set kind = given.kind
    from unnest(${changed.map(({ accountId }) => accountId)}::uuid[], ${changed.map(({ id }) => id)}::uuid[], ${changed.map(({ alertKind }) => alertKind)}::text[]) as given (account_id, id, kind)
    where alerts.account_id = given.account_id and alerts.id = given.id`.execute(trx);
}

async function close(trx: Trx, closed: readonly ChangeOf<'close'>[]): Promise<void> {
  if (closed.length === 0) return;
  await sql`
    update alerts set closed_at = given.at, ending = given.ending
    from unnest(
      ${closed.map(({ accountId }) => accountId)}::uuid[], ${closed.map(({ id }) => id)}::uuid[], ${closed.map(({ atMs }) => new Date(atMs))}::timestamptz[], ${closed.map(({ ending }) => ending)}::text[]
    ) as given (account_id, id, at, ending)
    where alerts.account_id = given.account_id and alerts.id = given.id and alerts.closed_at is null`.execute(trx);
}
