import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import { PRESET_VALUE_CHARS_MAX, presetRequest, presets } from '#shared/check/presets.ts';
import { requestSchema } from '#shared/check/request-schema.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { invalidInput, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { checkFrom, knownFor } from '../check-input.ts';
import { validated } from '../validate.ts';
import { CheckWriteBody } from '../wire/check-body.ts';

const ParameterEntity = z.object({
  name: z.string(), about: z.string(),
  whenUnset: z.enum(['value', 'required', 'target']).meta({ description: 'required: it must be given; target: the host of the check' }),
  default: z.string().nullable(), isSecret: z.boolean(),
});
const PresetEntity = z.object({
  name: z.string(), title: z.string(), description: z.string(), defaultPort: z.int(), parameters: z.array(ParameterEntity),
}).meta({ id: 'Preset' });

const FillBody = z.strictObject({
  parameters: z.record(z.string(), z.string()).optional(),
  hostname: z.string().max(PRESET_VALUE_CHARS_MAX).nullish().meta({ description: 'of the check, for protocols that name it' }),
  port: z.int().min(1).max(65_535).nullish(),
}).meta({ id: 'PresetFill' });

/** What a form asks while it is being filled in. Nothing is stored. */
export function checkFormRoutes(app: ApiApp, { store }: ApiDeps): void {
  app.post('/v1/checks/tcp/validate', {
    config: { scope: 'checks:write' },
    schema: {
      tags: ['checks'], summary: 'Say what is wrong with a definition', description: 'As creating it would, every problem at once; nothing is stored.',
      body: CheckWriteBody, response: { 200: z.object({ isValid: z.literal(true) }) },
    },
  }, async (request, reply) => {
    checkFrom(request.body, await knownFor(store, callerOf(request).accountId, request.body));
    return reply.send({ isValid: true as const });
  });

  app.get('/v1/presets', {
    config: { scope: 'checks:read' },
    schema: { tags: ['checks'], summary: 'Checks to start from, by protocol', response: { 200: z.array(PresetEntity) } },
  }, async (_request, reply) => reply.send(presets.map(({ name, title, description, defaultPort, parameters }) => ({
    name, title, description, defaultPort,
    parameters: parameters.map(({ whenUnset, ...parameter }) => ({
      name: parameter.name, about: parameter.about, isSecret: parameter.isSecret,
      whenUnset: whenUnset.kind, default: whenUnset.kind === 'value' ? whenUnset.value : null,
    })),
  }))));

  app.post('/v1/presets/:name/request', {
    config: { scope: 'checks:read' },
    schema: {
      tags: ['checks'], summary: 'The request of a preset', description: 'What to lay under a check\'s own `request`: neither host nor port are in it.',
      params: z.object({ name: z.string().max(64) }), body: FillBody,
      response: { 200: z.object({ request: requestSchema.partial(), defaultPort: z.int() }) },
    },
  }, async (request, reply) => {
    const { name } = request.params;
    if (!presets.some((preset) => preset.name === name)) throw notFound(`the preset '${name}'`);
    const { parameters = {}, hostname, port } = validated(FillBody, request.body ?? {});
    const answer = presetRequest(name, parameters, hostname ? { hostname, port: port ?? null } : null);
    if (!answer.ok) throw invalidInput(answer.problems.map((problem) => problemAt('parameters', null, `what the preset '${name}' takes`, problem)));
    return reply.send({ request: answer.request as z.output<ReturnType<typeof requestSchema.partial>>, defaultPort: answer.defaultPort });
  });
}
