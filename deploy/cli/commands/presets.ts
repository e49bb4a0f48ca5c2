import { stringify } from 'yaml';
import { type Preset, type PresetParameter, presetRequest, presets } from '#shared/check/presets.ts';
import { CliProblem } from '../cli-problem.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { table } from '../render/table.ts';

/** `sonde presets`: what `--preset` takes; with a name, all about one. */
export async function presetsCommand({ output }: Context, name: string | undefined): Promise<ExitCode> {
  if (name === undefined) {
    output.answer(presets.map(documentOf), () => [
      ...table(['preset', 'port', 'parameters', 'what'], presets.map(({ name, defaultPort, parameters, title }) => [name, String(defaultPort), parameters.map(shortly).join(' ') || '-', title])),
      '', 'More about one: `sonde presets smtp`. Try one: `sonde run mail.example.com --preset smtp`.',
    ]);
    return EXIT.ok;
  }
  const preset = presets.find((one) => one.name === name.toLowerCase());
  if (preset === undefined) {
    const refused = presetRequest(name);
    throw new CliProblem(EXIT.usage, refused.ok ? name : refused.problems.join('; '));
  }
  output.answer(documentOf(preset), () => linesOf(preset));
  return EXIT.ok;
}

function documentOf({ name, title, description, defaultPort, parameters, request }: Preset): Record<string, unknown> {
  return {
    name, title, description, defaultPort, request,
    parameters: parameters.map(({ name, about, whenUnset, isSecret }) => ({
      name, about, isSecret, isRequired: whenUnset.kind === 'required', default: whenUnset.kind === 'value' ? whenUnset.value : null,
    })),
  };
}

function linesOf({ name, title, description, defaultPort, parameters, request }: Preset): readonly string[] {
  return [
    `${name}: ${title}, port ${defaultPort}`, '', description,
    ...(parameters.length === 0 ? [] : ['', ...table(['--param', 'when left out', ''], parameters.map((parameter) => [parameter.name, unsetWords(parameter), parameter.about]))]),
    '', 'request:', ...stringify(request, { lineWidth: 0 }).trimEnd().split('\n').map((line) => `  ${line}`),
  ];
}

/** `password=` must be said, `[helo=]` may be. */
function shortly({ name, whenUnset }: PresetParameter): string {
  return whenUnset.kind === 'required' ? `${name}=` : `[${name}=]`;
}

function unsetWords({ whenUnset }: PresetParameter): string {
  switch (whenUnset.kind) {
    case 'required': return 'must be said';
    case 'target': return 'the host';
    case 'value': return whenUnset.value === '' ? 'empty' : whenUnset.value;
  }
}
