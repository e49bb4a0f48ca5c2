import { Buffer } from 'node:buffer';
import net from 'node:net';
import tls from 'node:tls';

/** What the server does on a connection, one thing after the other. Strings are latin1: one character a byte. */
export type ServerAction =
  | { readonly do: 'send'; readonly bytes: string | Uint8Array }
  /** Each part in a segment of its own, so far as the kernel keeps them apart. */
  | { readonly do: 'segments'; readonly parts: readonly (string | Uint8Array)[]; readonly gapMs: number }
  /** One byte at a time, for ever or until the bytes are through. */
  | { readonly do: 'drip'; readonly bytes: string; readonly everyMs: number; readonly forever?: boolean }
  /** As much as the other side takes, until it leaves. */
  | { readonly do: 'flood' }
  /** Reads on until the unread bytes contain this, and leaves what comes after it. */
  | { readonly do: 'expect'; readonly text: string }
  | { readonly do: 'pause'; readonly ms: number }
  /** Takes nothing in any more, so that TCP holds the other side back. */
  | { readonly do: 'stopReading' }
  /** Says nothing until the other side leaves. */
  | { readonly do: 'silence' }
  | { readonly do: 'halfClose' }
  | { readonly do: 'reset' }
  | { readonly do: 'close' }
  | { readonly do: 'startTls'; readonly options: tls.TLSSocketOptions };

export type ConnectionLog = {
  /** Everything received, decrypted. */
  readonly received: () => string;
  readonly remoteAddress: string;
  readonly serverName: () => string | null;
  /** Resolves when both directions are over. */
  readonly closed: Promise<void>;
};

export type ScriptedServer = {
  readonly port: number;
  /** In order of arrival. */
  readonly connections: readonly ConnectionLog[];
  /** Ends everything that is open. */
  close(): Promise<void>;
};

/** A TCP server on a free port of loopback that does what it is told on every connection. */
export async function startScriptedServer(script: readonly ServerAction[], options: { readonly host?: string } = {}): Promise<ScriptedServer> {
  const connections: ConnectionLog[] = [];
  const open = new Set<Conversation>();
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const conversation = new Conversation(socket);
    open.add(conversation);
    connections.push(conversation.log);
    void conversation.log.closed.then(() => open.delete(conversation));
    void conversation.play(script);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: options.host ?? '127.0.0.1' }, resolve);
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    connections,
    async close() {
      for (const conversation of open) conversation.destroy();
      await new Promise<void>((resolve) => { server.close(() => resolve()); });
    },
  };
}

class Conversation {
  readonly log: ConnectionLog;
  readonly #raw: net.Socket;
  #socket: net.Socket;
  #received = '';
  #consumed = 0;
  #serverName: string | null = null;
  #isOver = false;
  #wake: (() => void) | null = null;

  constructor(socket: net.Socket) {
    this.#raw = socket;
    this.#socket = socket;
    const closed = new Promise<void>((resolve) => socket.once('close', () => {
      this.#isOver = true;
      this.#wake?.();
      resolve();
    }));
    this.log = { received: () => this.#received, remoteAddress: socket.remoteAddress ?? '', serverName: () => this.#serverName, closed };
    this.#listen(socket);
  }

  destroy(): void {
    this.#raw.destroy();
  }

  /** Ends early when the other side leaves. */
  async play(script: readonly ServerAction[]): Promise<void> {
    for (const action of script) {
      if (this.#isOver) return;
      await this.#act(action);
    }
    if (!this.#isOver) this.#socket.end();
  }

  async #act(action: ServerAction): Promise<void> {
    switch (action.do) {
      case 'send': return await this.#write(action.bytes);
      case 'segments':
        for (const part of action.parts) {
          await this.#write(part);
          await this.#pause(action.gapMs);
        }
        return;
      case 'drip': return await this.#drip(action);
      case 'flood':
        while (!this.#isOver) {
          await this.#write(FLOOD);
          // A write to a socket that is gone is done at once; its 'close' needs a turn of the event loop.
          await new Promise((resolve) => { setImmediate(resolve); });
        }
        return;
      case 'expect': return await this.#expect(action.text);
      case 'pause': return await this.#pause(action.ms);
      case 'stopReading':
        this.#raw.pause();
        return;
      case 'silence': return await this.#until(() => false);
      case 'halfClose':
        this.#socket.end();
        return;
      case 'reset':
        this.#raw.resetAndDestroy();
        return;
      case 'close':
        this.#socket.destroySoon();
        return;
      case 'startTls': return await this.#startTls(action.options);
    }
  }

  #listen(socket: net.Socket): void {
    socket.on('data', (bytes: Buffer) => {
      this.#received += bytes.toString('latin1');
      this.#wake?.();
    });
    socket.on('error', () => {});
    // The other side has left for good when its FIN comes and the script has nothing more to say; ending answers it.
    socket.on('end', () => { if (this.#wake !== null) this.#socket.end(); });
  }

  async #write(bytes: string | Uint8Array): Promise<void> {
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#socket.write(buffer, () => resolve());
    });
    this.#wake = null;
  }

  async #drip({ bytes, everyMs, forever }: Extract<ServerAction, { do: 'drip' }>): Promise<void> {
    do {
      for (const byte of bytes) {
        if (this.#isOver) return;
        await this.#write(byte);
        await this.#pause(everyMs);
      }
    } while (forever === true && !this.#isOver);
  }

  async #expect(text: string): Promise<void> {
    await this.#until(() => this.#received.includes(text, this.#consumed));
    const at = this.#received.indexOf(text, this.#consumed);
    if (at >= 0) this.#consumed = at + text.length;
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => { if (this.#isOver) { clearTimeout(timer); resolve(); } };
    });
    this.#wake = null;
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!this.#isOver && !condition()) await new Promise<void>((resolve) => { this.#wake = resolve; });
    this.#wake = null;
  }

  async #startTls(options: tls.TLSSocketOptions): Promise<void> {
    this.#raw.removeAllListeners('data').removeAllListeners('end');
    const secure = new tls.TLSSocket(this.#raw, { ...options, isServer: true });
    this.#socket = secure;
    let isSecure = false;
    secure.once('secure', () => {
      isSecure = true;
      const name: unknown = (secure as { servername?: unknown }).servername;
      this.#serverName = typeof name === 'string' ? name : null;
      this.#wake?.();
    });
    secure.once('close', () => this.#raw.destroy());
    this.#listen(secure);
    await this.#until(() => isSecure);
  }
}

const FLOOD = Buffer.alloc(64 * 1024, 'x');
