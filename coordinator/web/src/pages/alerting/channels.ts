import { queryOptions } from '@tanstack/react-query';
import { api } from '../../api/api.ts';

export type FormField = {
  readonly name: string; readonly label: string; readonly input: 'text' | 'email' | 'phone' | 'url' | 'secret' | 'choice' | 'template' | 'pairs';
  readonly required: boolean; readonly help?: string; readonly placeholder?: string; readonly choices?: readonly string[];
};
export type ChannelForm = { readonly kind: string; readonly label: string; readonly type: string; readonly webhookType: string | null; readonly fields: readonly FormField[] };
export type Subscription = { readonly checkId: string | null; readonly groupId: number | null; readonly activated: boolean };
export type Config = Readonly<Record<string, unknown>>;
export type Channel = {
  readonly id: number; readonly type: string; readonly config: Config; readonly subscriptions: readonly Subscription[];
  readonly sendFailure: boolean; readonly sendDegraded: boolean; readonly sendRecovery: boolean; readonly autoSubscribe: boolean;
  readonly disabledReason: string | null; readonly updated_at: string;
};
export type Answer = { readonly status: number | null; readonly code: string | null; readonly message: string };
export type TestOutcome = { readonly isDelivered: boolean; readonly answer: Answer };

/** What the API shows of a secret, and takes for "leave it as it is". */
export const REDACTED = '[redacted]';
/** The API answers no more at once. */
export const LIST_MAX = 100;

export const formsQuery = queryOptions({ queryKey: ['forms'], queryFn: ({ signal }) => api.get<readonly ChannelForm[]>('/v1/alert-channel-forms', {}, { signal }), staleTime: Infinity });
export const channelsQuery = queryOptions({ queryKey: ['settings', 'channels'], queryFn: ({ signal }) => api.get<readonly Channel[]>('/v1/alert-channels', { limit: LIST_MAX }, { signal }) });

/** Which of the forms made it. */
export function formOf(forms: readonly ChannelForm[], { type, config }: Pick<Channel, 'type' | 'config'>): ChannelForm | undefined {
  const ofType = forms.filter((form) => form.type === type);
  return ofType.find(({ webhookType }) => webhookType !== null && webhookType === config['webhookType']) ?? ofType.find(({ webhookType }) => webhookType === null);
}

/** As the log of deliveries calls it. */
export function channelName(forms: readonly ChannelForm[], channel: Pick<Channel, 'type' | 'config'>): string {
  const named = ['name', 'address', 'channel', 'serviceName', 'account', 'number'].map((field) => channel.config[field]).find((text) => typeof text === 'string' && text.trim() !== '');
  return typeof named === 'string' ? named : formOf(forms, channel)?.label ?? channel.type;
}

/** What a new channel's fields hold before anybody types. */
export function emptyConfig({ fields }: ChannelForm): Record<string, unknown> {
  return Object.fromEntries(fields.map(({ name, input, required, choices }) => [name, input === 'pairs' ? [] : input === 'choice' && required ? choices?.[0] ?? '' : '']));
}

/** What the form shows of a saved channel: secrets as empty fields, which mean "as it is". */
export function shownConfig(form: ChannelForm, saved: Config): Record<string, unknown> {
  return Object.fromEntries(form.fields.map(({ name, input }) => {
    const value = saved[name];
    return [name, input === 'pairs' ? value ?? [] : value === REDACTED ? '' : value ?? ''];
  }));
}

/** What is sent: a secret left empty stays; what is left empty besides is left out. */
export function writtenConfig(form: ChannelForm, shown: Config, saved: Config | null): Config {
  const fields = form.fields.flatMap(({ name, input }): (readonly [string, unknown])[] => {
    const value = shown[name];
    if (input === 'pairs') return [[name, (value as readonly { key: string }[]).filter(({ key }) => key.trim() !== '')]];
    if (value === '' && saved?.[name] === REDACTED) return [[name, REDACTED]];
    return value === '' || value === undefined ? [] : [[name, value]];
  });
  // What no field shows, such as the type of another service's webhook, is kept.
  const unshown = Object.entries(saved ?? {}).filter(([name]) => !form.fields.some((field) => field.name === name));
  return { ...Object.fromEntries(unshown), ...Object.fromEntries(fields), ...(form.webhookType === null ? {} : { webhookType: form.webhookType }) };
}
