import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setImmediate as others } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, createGzip, gunzip } from 'node:zlib';
import { z } from 'zod';
import { accountMetrics } from '../../prometheus/account-metrics.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { AnswerCache } from '../summary-cache.ts';
import { flag } from '../wire/query.ts';

const uncompressed = promisify(gunzip);
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Metrics of an account, by the names of Checkly's v2 endpoint. */
export function prometheusRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  // Twenty times smaller than their text, in which labels repeat on every line.
  const texts = new AnswerCache<Buffer>(clock);
  app.get('/accounts/:id/v2/prometheus/metrics', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'Prometheus metrics of the account\'s checks and private locations',
      description: 'Send the API key as bearer token. Answers may be some seconds old. Counters count on over restarts; results that come more than two days late are in the analytics, not in them.',
      params: z.object({ id: z.string().max(64).transform((id) => id.toLowerCase()).meta({ description: 'the id of the account, or `me`' }) }),
      querystring: z.object({
        disableTagParsing: flag.default(false).meta({ description: 'no label for each tag key:value' }),
        locationLabelEnabled: flag.default(false).meta({ description: 'results and times by location' }),
        includeRetryAttempts: flag.default(false).meta({ description: 'attempts that were retried count as failing results, too' }),
      }),
      response: { 200: { description: 'Prometheus text', content: { 'text/plain': { schema: z.string() } } } },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { params: { id }, query } = request;
    if (id !== 'me' && id !== accountId.toLowerCase()) throw notFound(`the account ${id}`);
    const key = [accountId, query.disableTagParsing, query.locationLabelEnabled, query.includeRetryAttempts].join(' ');
    const text = await texts.get(key, async () => compressed(accountMetrics(await store.readAccountFacts(accountId), query)));
    reply.type(CONTENT_TYPE).header('vary', 'accept-encoding');
    const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
    if (takesGzip) reply.header('content-encoding', 'gzip');
    return reply.send((takesGzip ? text : await uncompressed(text)) as unknown as string);
  });
}

/** Others have their turn between the pieces. */
function compressed(pieces: Iterable<string>): Promise<Buffer> {
  const patiently = async function* (): AsyncGenerator<string> {
    for (const piece of pieces) {
      if (piece !== '') yield piece;
      await others();
    }
  };
  return pipeline(Readable.from(patiently()), createGzip({ level: constants.Z_BEST_SPEED }), (zipped) => buffer(zipped));
}
