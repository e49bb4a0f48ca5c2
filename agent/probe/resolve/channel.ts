import { Resolver as CaresResolver } from 'node:dns';

export type QuestionType = 'A' | 'AAAA' | 'NS';

export type ChannelQuestion = { readonly name: string; readonly type: QuestionType; readonly server: string };
export type ChannelResult = { readonly values: readonly string[] } | { readonly errorCode: string };

/** One c-ares channel, asking one question at a time. */
export type Channel = {
  /** Calls back once, never at once, with the values or with `node:dns`' error code; not at all after `drop`. */
  ask(question: ChannelQuestion, done: (result: ChannelResult) => void): void;
  /** Gives the question up and frees the socket. The channel is not used again. */
  drop(): void;
};

/** Longer than any deadline of a check (45 s): the time limit is the caller's, never c-ares'. */
const NEVER_MS = 60_000;

/**
 * From a server's third answer on, c-ares replaces the timeout that was set by five times the mean of its times
 * (1 s in practice): slow names would time out, or be asked again and be found after three times as long.
 */
const ANSWERS_MAX = 3;

/** A server that is set for a moment so that c-ares forgets its measurements of the real one; nothing is ever sent there. */
const FORGET_SERVER = '127.0.0.1:1';

export function openChannel(): Channel {
  const cares = new CaresResolver({ timeout: NEVER_MS, tries: 1, maxTimeout: NEVER_MS });
  let server: string | null = null;
  let answers = 0;
  let isDropped = false;

  const pointAt = (wanted: string): void => {
    if (server === wanted && answers < ANSWERS_MAX) return;
    if (server === wanted) cares.setServers([FORGET_SERVER]);
    server = null;
    cares.setServers([wanted]);
    server = wanted;
    answers = 0;
  };

  return {
    ask(question, done) {
      const settle = (error: NodeJS.ErrnoException | null, values?: readonly string[]): void => {
        if (isDropped) return;
        answers += 1;
        done(error ? { errorCode: error.code ?? 'UNKNOWN' } : { values: values ?? [] });
      };
      try {
        pointAt(question.server);
        if (question.type === 'A') cares.resolve4(question.name, settle);
        else if (question.type === 'AAAA') cares.resolve6(question.name, settle);
        else cares.resolveNs(question.name, settle);
      } catch (error) {
        // An address that c-ares cannot take as a server, or a name that it cannot encode.
        process.nextTick(settle, error as NodeJS.ErrnoException);
      }
    },
    drop() {
      isDropped = true;
      cares.cancel();
    },
  };
}
