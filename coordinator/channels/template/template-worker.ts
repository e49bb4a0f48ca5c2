/** Renders templates in a thread of its own, which the other side stops when it takes too long. */
import { parentPort } from 'node:worker_threads';
import Handlebars from 'handlebars';
import { templateHelpers } from './template-helpers.ts';
import type { TemplateAnswer, TemplateJob } from './template-renderer.ts';

/** Far more than any service takes. */
const RENDERED_CHARS_MAX = 262_144;

const escapeExpression = Handlebars.Utils.escapeExpression;
const ESCAPES = {
  /** As Handlebars does, and the backslash, which would end a string of JSON otherwise. */
  html: (value: unknown) => escapeExpression(value as string).replace(/\\/g, '&#92;').replace(/\n/g, '&#10;'),
  uri: (value: unknown) => encodeURIComponent(String(value ?? '')),
  none: (value: unknown) => String(value ?? ''),
} as const;

function render({ parts, variables, chance }: TemplateJob): TemplateAnswer {
  const rendered: string[] = [];
  for (const { name, template, escape } of parts) {
    try {
      const handlebars = Handlebars.create();
      for (const [helper, work] of Object.entries(templateHelpers(chance.nowMs))) handlebars.registerHelper(helper, work as Handlebars.HelperDelegate);
      // What `{{ }}` writes goes through this, `{{{ }}}` does not.
      (Handlebars.Utils as { escapeExpression: unknown }).escapeExpression = ESCAPES[escape];
      const text = handlebars.compile(template, {})(own({ ...variables, $UUID: chance.uuid, $RANDOM_NUMBER: chance.randomNumber }), { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false });
      if (text.length > RENDERED_CHARS_MAX) return { ok: false, problem: `${name} renders to more than ${RENDERED_CHARS_MAX} characters` };
      rendered.push(text);
    } catch (error) {
      return { ok: false, problem: `${name}: ${(error as Error).message.split('\n').slice(0, 4).join(' ').slice(0, 400)}` };
    }
  }
  return { ok: true, rendered };
}

/** Without a prototype there is nothing to climb. */
function own(variables: TemplateJob['variables']): object {
  return Object.assign(Object.create(null) as object, variables);
}

// What is needed for the first time takes its time: not that of the first job.
render({ parts: [{ name: '', template: '{{#if a}}{{b}}{{/if}}{{#each c}}{{eq this 1}}{{/each}}', escape: 'html' }], variables: { c: ['d'] }, chance: { uuid: '', randomNumber: 0, nowMs: 0 } });
parentPort?.on('message', (job: TemplateJob) => parentPort?.postMessage(render(job)));
parentPort?.postMessage('ready');
