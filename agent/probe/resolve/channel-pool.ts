import { openChannel, type Channel, type ChannelQuestion, type ChannelResult } from './channel.ts';

/** Idle channels kept; beyond, they are left to the garbage collector. Twice what may burst at once. */
const IDLE_MAX = 128;

/** A question that is out. */
export type Ask = {
  /** Wants no answer any more. */
  drop(): void;
};

/**
 * Channels with one question each at a time, for whatever server. Sharing a channel among questions would be cheaper by
 * some µs, but answers of a burst overflow its one socket, `cancel` ends all of its questions, and one
 * garbage answer makes c-ares tear down the connection under every other question. How many are out at a time
 * is bounded by whoever asks.
 */
export class ChannelPool {
  readonly #open: () => Channel;
  readonly #idle: Channel[] = [];
  #opened = 0;
  #isClosed = false;

  constructor(open: () => Channel = openChannel) {
    this.#open = open;
  }

  /** Channels opened so far. */
  get opened(): number {
    return this.#opened;
  }

  ask(question: ChannelQuestion, done: (result: ChannelResult) => void): Ask {
    const channel = this.#idle.pop() ?? this.#openOne();
    let isOver = false;
    const end = (isUsable: boolean): void => {
      isOver = true;
      if (isUsable && !this.#isClosed && this.#idle.length < IDLE_MAX) this.#idle.push(channel);
      else channel.drop();
    };
    channel.ask(question, (result) => {
      if (isOver) return;
      end(isAnswer(result));
      done(result);
    });
    return { drop: () => { if (!isOver) end(false); } };
  }

  close(): void {
    this.#isClosed = true;
    this.#idle.length = 0;
  }

  #openOne(): Channel {
    this.#opened += 1;
    return this.#open();
  }
}

/** After anything else the channel may be in a state of its own, and is not used again. */
function isAnswer(result: ChannelResult): boolean {
  return 'values' in result || result.errorCode === 'ENOTFOUND' || result.errorCode === 'ENODATA';
}
