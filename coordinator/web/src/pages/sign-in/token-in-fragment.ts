import { useState } from 'react';

/** The one-time token of `…#token=…`, read once and taken out of the address, so that it is in no history. */
export function useTokenInFragment(): readonly [string, (token: string) => void] {
  return useState(() => {
    const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
    if (token !== '') history.replaceState(history.state, '', location.pathname + location.search);
    return token;
  });
}
