// What each kind of notification is called.
import type { Notification, NotificationKind } from '@belfry/client';

export const KIND_WORDS: Record<NotificationKind, string> = {
  mention: 'Mention',
  reply: 'Reply',
  direct: 'Direct message',
  invite: 'Invitation',
  custom: 'Notice',
};

/** One line for all of it. */
export function lineOf({ title, body }: Pick<Notification, 'title' | 'body'>): string {
  return body === '' ? title : `${title}: ${body}`;
}
