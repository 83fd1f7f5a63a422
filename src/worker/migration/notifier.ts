import { createHmac } from 'node:crypto';
import type { Clock } from '../../kernel/clock.js';
import { backoffMs, wait, type RetryPolicy } from '../../kernel/retry.js';
import type { MessageText } from './notification-text.js';

export interface NotifierOptions {
  /** By URN: where a topic's messages go, and what signs them. */
  readonly topics: Readonly<Record<string, { readonly url: string; readonly secret: string }>>;
  /** Tries of one message, the first one included. */
  readonly attempts: number;
  /** For one try. */
  readonly timeoutMs: number;
  /** Between tries. */
  readonly backoff?: Pick<RetryPolicy, 'baseDelayMs' | 'maxDelayMs'>;
}

export interface Notification extends MessageText {
  readonly topicUrn: string;
  /** The same for every delivery of one message, so that a receiver can tell repeats. */
  readonly messageId: string;
}

/** Codes of OMS for a message that did not arrive. */
export type NotificationError = (typeof NOTIFICATION_ERRORS)[keyof typeof NOTIFICATION_ERRORS];

const NOTIFICATION_ERRORS = {
  refused: 'OMS.0156',
  unknownTopic: 'OMS.0157',
  notAuthorized: 'OMS.0158',
  busy: 'OMS.0160',
  network: 'OMS.0161',
} as const;

const BACKOFF = { baseDelayMs: 500, maxDelayMs: 10_000 } as const;

const errorOf = (status: number): NotificationError => {
  if (status === 401 || status === 403) return NOTIFICATION_ERRORS.notAuthorized;
  if (status === 404 || status === 410) return NOTIFICATION_ERRORS.unknownTopic;
  if (status === 429 || status === 503) return NOTIFICATION_ERRORS.busy;
  return NOTIFICATION_ERRORS.refused;
};

/** What a later try may do better. */
const isTransient = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** `v1=` and the HMAC-SHA256 of the timestamp, a dot and the body. A receiver that computes it too knows who sent it, and when. */
export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;

/** Delivers messages the way SMN delivers to an HTTP subscriber: a JSON document by POST to the URL of the topic. */
export class Notifier {
  constructor(
    private readonly options: NotifierOptions,
    private readonly clock: Clock,
  ) {}

  /** Undefined once a 2xx answer came; else why the last try failed. Rejects only with the reason of the signal. */
  async deliver(notification: Notification, signal: AbortSignal): Promise<NotificationError | undefined> {
    const { topics, attempts, backoff = BACKOFF } = this.options;
    const { topicUrn } = notification;
    const topic = Object.hasOwn(topics, topicUrn) ? topics[topicUrn] : undefined;
    if (topic === undefined) return NOTIFICATION_ERRORS.unknownTopic;
    for (let attempt = 1; ; attempt++) {
      const status = await this.post(topic, notification, signal);
      if (status !== undefined && status >= 200 && status < 300) return undefined;
      const last = attempt >= attempts || (status !== undefined && !isTransient(status));
      if (last) return status === undefined ? NOTIFICATION_ERRORS.network : errorOf(status);
      await wait(backoffMs({ attempts, ...backoff }, attempt), signal);
    }
  }

  /** The status of the answer; undefined when none came. */
  private async post(
    { url, secret }: { readonly url: string; readonly secret: string },
    { topicUrn, messageId, subject, message }: Notification,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const timestamp = this.clock.now().toISOString();
    const body = JSON.stringify({
      type: 'Notification',
      topic_urn: topicUrn,
      message_id: messageId,
      subject,
      message,
      timestamp,
      signature_version: 'v1',
    });
    const headers = {
      'Content-Type': 'application/json; charset=utf-8',
      'X-OpenOMS-Timestamp': timestamp,
      'X-OpenOMS-Signature': signatureOf(secret, timestamp, body),
    };
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(this.options.timeoutMs)]);
    try {
      const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: inTime });
      await answer.body?.cancel();
      return answer.status;
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }
}
