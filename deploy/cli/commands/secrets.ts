import { ApiClient, asRecord } from '../api-client.ts';
import { apiAccess } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

/** Seals everything by the current key, a part at a time; when it is interrupted the next call goes on from there. */
export async function rotateSecrets({ env, output }: Context): Promise<ExitCode> {
  const api = new ApiClient(await apiAccess(env));
  let resealed = 0;
  for (;;) {
    const { body } = await api.send({ method: 'POST', path: '/v1/secrets/sealing/rotate', body: {} });
    const step = asRecord(body);
    resealed += Number(step['resealed']);
    if (Number(step['resealed']) > 0) continue;
    const unreadable = Number(step['unreadable']);
    output.answer({ ...step, resealed }, () => [
      `sealed ${resealed} of ${String(step['sealed'])} secrets and variables anew`,
      ...(unreadable > 0 ? [`${unreadable} are sealed by keys that are not in SONDE_MASTER_KEYS: put those back and run this again`] : ['keys after the first one in SONDE_MASTER_KEYS may now be dropped']),
    ]);
    return unreadable > 0 ? EXIT.failed : EXIT.ok;
  }
}
