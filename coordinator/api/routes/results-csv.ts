import { Readable } from 'node:stream';
import { z } from 'zod';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import type { ResultFilter, StoredResult } from '../ports.ts';
import { csvLine } from '../wire/csv.ts';
import { isoOf } from '../wire/iso.ts';
import { checkIdParam } from '../wire/query.ts';
import { rangeFields, rangeOf } from '../wire/range-query.ts';

/** Of one export; a longer range is asked for in parts. */
const ROWS_MAX = 100_000;
const PAGE_ROWS = 500;

const COLUMNS: readonly (readonly [string, (result: StoredResult) => string | number | boolean | null])[] = [
  ['dueAt', ({ dueAtMs }) => isoOf(dueAtMs)], ['startedAt', ({ startedAtMs }) => isoOf(startedAtMs)], ['runId', ({ runId }) => runId], ['attempt', ({ attempt }) => attempt], ['isFinal', ({ isFinal }) => isFinal],
  ['location', ({ locationExecutedCode }) => locationExecutedCode], ['trigger', ({ trigger }) => trigger], ['outcome', ({ outcome }) => outcome],
  ['failurePhase', ({ failure }) => failure?.phase ?? null], ['failureCode', ({ failure }) => failure?.code ?? null], ['failureMessage', ({ failure }) => failure?.message ?? null],
  ['remoteAddress', ({ report }) => report.remoteAddress],
  ...(['totalUs', 'dnsUs', 'connectUs', 'tlsUs', 'sendUs', 'firstByteUs', 'dataUs'] as const).map((name) => [name, ({ report }: StoredResult) => report.timings[name]] as const),
  ['bytesSent', ({ report }) => report.bytesSent], ['bytesReceived', ({ report }) => report.bytesReceived], ['latenessUs', ({ latenessUs }) => latenessUs], ['checkRevision', ({ checkRevision }) => checkRevision],
];

/** Results for spreadsheets. */
export function resultsCsvRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  app.get('/v1/checks/:id/results.csv', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'Results of a check as CSV', params: checkIdParam,
      description: `Newest first, at most ${ROWS_MAX} rows; the last 24 hours, or a range. Text that a spreadsheet would run as a formula has an apostrophe before it.`,
      querystring: z.object({ ...rangeFields, resultType: z.enum(['FINAL', 'ATTEMPT', 'ALL']).default('FINAL'), location: z.string().max(64).optional() }),
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { id: checkId } = request.params;
    const { location, resultType } = request.query;
    const { fromMs, toMs } = rangeOf(request.query, clock.nowMs(), 'last24Hours');
    const [check] = await store.listCheckNames(accountId, [checkId]);
    if (!check) throw notFound(`the check ${checkId}`);
    const filter: ResultFilter = { checkId, limit: PAGE_ROWS, fromMs, toMs, resultType, ...(location === undefined ? {} : { locationCode: location }) };
    return reply.type('text/csv; charset=utf-8').header('content-disposition', `attachment; filename="results-${checkId}.csv"`).send(Readable.from(lines(accountId, filter)));
  });

  /** Page by page, as fast as the client reads. */
  async function* lines(accountId: string, filter: ResultFilter): AsyncGenerator<string> {
    yield csvLine(COLUMNS.map(([name]) => name));
    let cursor: string | null = null;
    for (let rows = 0; rows < ROWS_MAX; rows += PAGE_ROWS) {
      const { entries, nextCursor }: Awaited<ReturnType<typeof store.listResults>> = await store.listResults(accountId, cursor === null ? filter : { ...filter, cursor });
      yield entries.map((result) => csvLine(COLUMNS.map(([, of]) => of(result)))).join('');
      if (nextCursor === null) return;
      cursor = nextCursor;
    }
  }
}
