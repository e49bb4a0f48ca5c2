import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import type { KeptDays } from '../account-settings-port.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { invalidInput } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { validated } from '../validate.ts';

/** Of an installation that says nothing. */
const USUAL: KeptDays = { raw: 30, hourly: 400, daily: 800 };
const days = z.int().min(1).max(3_660).nullish();
const RetentionBody = z.strictObject({
  rawDays: days.meta({ description: 'of single results' }), hourlyDays: days.meta({ description: 'of figures by the hour' }), dailyDays: days.meta({ description: 'of figures by the day' }),
}).meta({ id: 'RetentionWrite', description: 'what is left out, or null, is as long as the installation keeps it' });
const Kept = z.object({ rawDays: z.int(), hourlyDays: z.int(), dailyDays: z.int() });
const RetentionEntity = Kept.extend({
  isDefault: z.boolean().meta({ description: 'true: as long as the installation keeps it' }), most: Kept.meta({ description: 'what the installation keeps' }),
}).meta({ id: 'Retention', description: 'days, today not counted' });

/** How long an account's results are kept: never longer than the installation keeps any. */
export function retentionRoutes(app: ApiApp, { store, retention: most = USUAL }: ApiDeps): void {
  const answer = (own: KeptDays | null): z.output<typeof RetentionEntity> => ({ ...wire(shorter(own ?? most, most)), isDefault: own === null, most: wire(most) });

  app.get('/v1/account/retention', {
    config: { scope: 'account:read' },
    schema: { tags: ['account'], summary: 'How long results and figures are kept', response: { 200: RetentionEntity } },
  }, async (request, reply) => reply.send(answer(await store.readRetention(callerOf(request).accountId))));

  app.put('/v1/account/retention', {
    config: { scope: 'account:write' },
    schema: {
      tags: ['account'], summary: 'Set how long results and figures are kept', body: RetentionBody, response: { 200: RetentionEntity },
      description: 'What is older goes within about an hour, for good: keeping for longer afterwards brings nothing back.',
    },
  }, async (request, reply) => {
    const body = validated(RetentionBody, request.body ?? {});
    const isDefault = [body.rawDays, body.hourlyDays, body.dailyDays].every((one) => one === null || one === undefined);
    const own = { raw: body.rawDays ?? Math.min(most.raw, body.hourlyDays ?? most.raw, body.dailyDays ?? most.raw), hourly: body.hourlyDays ?? Math.min(most.hourly, body.dailyDays ?? most.hourly), daily: body.dailyDays ?? most.daily };
    mustBeKept(own, most);
    await store.setRetention(callerOf(request).accountId, isDefault ? null : own);
    return reply.send(answer(isDefault ? null : own));
  });
}

/** Throws all that is wrong, at once. */
function mustBeKept({ raw, hourly, daily }: KeptDays, most: KeptDays): void {
  const problems = [
    ...([['rawDays', raw, most.raw], ['hourlyDays', hourly, most.hourly], ['dailyDays', daily, most.daily]] as const).flatMap(([path, value, limit]) => (value <= limit ? []
      : [problemAt(path, value, `at most ${limit}`, `is more than the installation keeps; choose at most ${limit}`)])),
    ...(hourly >= raw ? [] : [problemAt('hourlyDays', hourly, `at least ${raw}`, `must be at least rawDays (${raw}): figures outlive the results they are of`)]),
    ...(daily >= hourly ? [] : [problemAt('dailyDays', daily, `at least ${hourly}`, `must be at least hourlyDays (${hourly}): days outlive their hours`)]),
  ];
  if (problems.length > 0) throw invalidInput(problems);
}

/** The installation may keep less than it did when the account chose. */
function shorter(own: KeptDays, most: KeptDays): KeptDays {
  return { raw: Math.min(own.raw, most.raw), hourly: Math.min(own.hourly, most.hourly), daily: Math.min(own.daily, most.daily) };
}

function wire({ raw, hourly, daily }: KeptDays): z.output<typeof Kept> {
  return { rawDays: raw, hourlyDays: hourly, dailyDays: daily };
}
