/**
 * A change and its line in the audit log are one transaction. The API drafts the line of a request before its handler
 * runs; the first transaction of the request that changes rows writes it. A request whose transaction is given up leaves none.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { TableNode, UpdateQueryNode, type KyselyPlugin, type PluginTransformQueryArgs, type PluginTransformResultArgs, type QueryId, type QueryResult, type RootOperationNode, type Transaction, type UnknownRow } from 'kysely';
import type { AuditDraft, AuditEntry } from '../api/users-port.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;
type By = Pick<AuditEntry, 'accountId' | 'actor'>;

const drafts = new AsyncLocalStorage<AuditDraft>();

export function withAuditDraft<T>(draft: AuditDraft, work: () => T): T {
  return drafts.run(draft, work);
}

/**
 * `work` in a transaction that `begin` opens; if it changes rows, the line of the request that asked for it is written
 * with them. `by`: where the transaction itself finds out who it is that comes in.
 */
export async function inAuditedTransaction<T>(begin: (work: (trx: Trx) => Promise<T>) => Promise<T>, work: (trx: Trx) => Promise<T>, by: (made: T) => By | null = () => null): Promise<T> {
  const draft = drafts.getStore();
  if (draft === undefined || draft.isDone) return begin(work);
  let isWritten = false;
  const result = await begin(async (trx) => {
    const changes = new ChangedRows();
    const made = await work(trx.withPlugin(changes));
    isWritten = changes.count > 0 && await writeLine(trx, draft.entryOf(made, by(made)));
    return made;
  });
  // Not before it is committed: one that was given up is tried again, or told as what it was.
  if (isWritten) draft.isDone = true;
  return result;
}

/** As above, for a transaction of no account in particular. */
export function audited<T>(db: Db, work: (trx: Trx) => Promise<T>, by?: (made: T) => By | null): Promise<T> {
  return inAuditedTransaction((run) => db.transaction().execute(run), work, by);
}

export async function writeLine(trx: Trx, entry: AuditEntry | null): Promise<boolean> {
  if (entry === null) return false;
  const { accountId, actor, action, target, address, status, details } = entry;
  await trx.insertInto('audit_log').values({
    account_id: accountId, actor_kind: actor.kind, actor_id: actor.id, actor_name: actor.name, action, target, address, status, details: JSON.stringify(details),
  }).execute();
  return true;
}

/** Counted up before it is known whether there is anything to change. */
const COUNTER_TABLE = 'config_state';

/** Of all statements that change rows, however they were written. */
class ChangedRows implements KyselyPlugin {
  count = 0;
  readonly #counters = new WeakSet<QueryId>();

  transformQuery({ node, queryId }: PluginTransformQueryArgs): RootOperationNode {
    if (UpdateQueryNode.is(node) && node.table !== undefined && TableNode.is(node.table) && node.table.table.identifier.name === COUNTER_TABLE) this.#counters.add(queryId);
    return node;
  }

  async transformResult({ result, queryId }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    if (!this.#counters.has(queryId)) this.count += Number(result.numAffectedRows ?? 0);
    return result;
  }
}
