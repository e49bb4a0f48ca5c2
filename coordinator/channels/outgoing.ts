/** What a channel sends, what it got for it, and what that means. */

export type HttpRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** To a service the operator has chosen (Twilio's address), not an account: any address will do. */
  readonly isOperators?: boolean;
};

export type Mail = {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Without angle brackets or host. */
  readonly messageId: string;
  /** Of the messages of the same alert, so that they stay together. */
  readonly thread: string | null;
};

export type Outgoing =
  | { readonly kind: 'http'; readonly request: HttpRequest }
  /** One after the other; delivered when all of them are. */
  | { readonly kind: 'http_all'; readonly requests: readonly HttpRequest[] }
  | { readonly kind: 'email'; readonly mail: Mail }
  /** Nothing can be sent until somebody changes something. */
  | { readonly kind: 'unsendable'; readonly code: string; readonly reason: string };

/** What came back, bounded. */
export type Answer =
  | {
    readonly kind: 'answered'; readonly status: number; readonly statusText: string;
    /** As the header says it. */
    readonly retryAfter: string | null;
    /** The beginning of it. */
    readonly body: string;
  }
  /** No answer: `code` is one word, `message` a sentence. */
  | { readonly kind: 'unanswered'; readonly code: string; readonly message: string };

export type DeliveryVerdict =
  | { readonly kind: 'delivered' }
  /** Worth another try, not before `afterMs` if the other side named a time. */
  | { readonly kind: 'retry'; readonly afterMs: number | null; readonly isRateLimited: boolean }
  /** The same would be refused again. */
  | { readonly kind: 'refused' }
  /** The other side asks never to be sent anything again. */
  | { readonly kind: 'gone' };

export type Attempted = { readonly verdict: DeliveryVerdict; readonly answer: Answer };
