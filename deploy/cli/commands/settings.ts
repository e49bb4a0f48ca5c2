import { type Environment, givenText, readSettings, shownValue } from '#shared/settings/read-settings.ts';
import type { Setting } from '#shared/settings/setting.ts';
import { allSettings } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { table } from '../render/table.ts';

export type ShownSetting = {
  readonly variable: string;
  /** As it holds; null when nothing holds. */
  readonly value: string | null;
  readonly from: 'environment' | 'default' | 'not set';
  readonly default: string | null;
  readonly readBy: readonly string[];
  readonly about: string;
  readonly problem: string | null;
};

/** `sonde config`: every setting, its value, where it is from; exits 2 when a value cannot be used. */
export async function configCommand({ env, output }: Context): Promise<ExitCode> {
  const shown = shownSettings(env);
  output.answer(shown, () => [
    ...table(['SETTING', 'VALUE', 'FROM', 'DEFAULT', 'READ BY', 'WHAT IT IS'], shown.map((one) => [
      one.variable, one.problem === null ? one.value ?? '-' : { text: one.value ?? '-', paint: output.colors.red }, one.from,
      one.default ?? '-', one.readBy.join(','), one.about,
    ])),
    ...shown.flatMap((one) => (one.problem === null ? [] : ['', `${output.colors.red('error:')} ${one.problem}`])),
  ]);
  return shown.some((one) => one.problem !== null) ? EXIT.usage : EXIT.ok;
}

export function shownSettings(env: Environment): readonly ShownSetting[] {
  return allSettings().map(({ setting, readBy }) => {
    const text = givenText(env, setting.variable);
    const unset = setting.whenUnset;
    // In brackets what is no value but says what happens without one.
    const fallback = unset.kind === 'required' ? null : unset.value === null ? `(${unset.shown})` : unset.shown;
    return {
      variable: setting.variable,
      value: text === null ? fallback : shownValue(setting, text),
      from: text !== null ? 'environment' : unset.kind === 'value' ? 'default' : 'not set',
      default: fallback, readBy, about: setting.about, problem: text === null ? null : problemOfValue(setting, env),
    };
  });
}

function problemOfValue(setting: Setting<unknown>, env: Environment): string | null {
  const read = readSettings({ setting }, env);
  return read.ok ? null : read.problems.map((problem) => problem.message).join('; ');
}
