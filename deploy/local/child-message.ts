/** What a coordinator or agent tells its supervisor over the channel; the other way only its closing means something: stop. */
export type ChildMessage =
  | { readonly kind: 'ready'; readonly httpUrl: string; readonly fleetPort?: number; readonly setupUrl?: string | null }
  | { readonly kind: 'failed'; readonly message: string; readonly exitCode: number };

export function isChildMessage(message: unknown): message is ChildMessage {
  const kind = typeof message === 'object' && message !== null ? (message as { kind?: unknown }).kind : undefined;
  return kind === 'ready' || kind === 'failed';
}

/** To the supervisor, if there is one and it still listens. Resolves when it is on its way. */
export function tellSupervisor(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) return resolve();
    process.send(message, undefined, {}, () => resolve());
  });
}
