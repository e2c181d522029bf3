// The list above the field: what it offers for the word at the caret, and what choosing does.
import type { Room } from '@belfry/client';
import { useMe } from '@belfry/react';
import { type RefObject, useEffect, useState } from 'react';
import { useListBox } from '../../design/ListBox';
import { type Named, shortNames } from '../emoji/data';
import { lastUsed, remember } from '../emoji/remembered';
import { type EmojiChoice, emojiChoices, emojiNamed } from '../emoji/shortcodes';
import { replaceRange } from './apply-edit';
import { closedEmoji, type Token, tokenAt } from './completion-token';
import { HERE_MOST, type MentionChoice, mentionChoices, mentionText } from './mention-choices';
import { useMentionPeople } from './use-mention-people';

export type Choice = MentionChoice | ({ kind: 'emoji' } & EmojiChoice);

export function useCompletion(room: Room, field: RefObject<HTMLTextAreaElement | null>) {
  const me = useMe();
  const [token, setToken] = useState<Token | null>(null);
  const [dismissed, setDismissed] = useState<number | null>(null);
  const [names, setNames] = useState<readonly Named[] | null>(null);
  const open = token !== null && token.from !== dismissed ? token : null;
  const mention = open?.kind === 'mention' ? open.query : null;
  const people = useMentionPeople(room, mention);
  const wantsEmoji = open?.kind === 'emoji';

  useEffect(() => {
    if (!wantsEmoji || names) return;
    let wanted = true;
    // Without them the letters stay letters; the next colon asks again.
    shortNames().then(
      (all) => wanted && setNames(all),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [wantsEmoji, names]);

  const choices = offered();

  function offered(): readonly Choice[] {
    if (open?.kind === 'mention') {
      const others = people.filter(({ id }) => id !== me?.id);
      const direct = room.state.get().info?.visibility === 'direct';
      return mentionChoices(open.query, others, !direct && room.presence.get().count <= HERE_MOST);
    }
    if (open?.kind === 'emoji' && names) {
      return emojiChoices(open.query, names, lastUsed()).map((choice) => ({ kind: 'emoji', ...choice }));
    }
    return [];
  }

  function choose(index: number) {
    const choice = choices[index];
    if (!open || !choice || !field.current) return;
    if (choice.kind === 'emoji') remember(choice.emoji);
    setDismissed(open.from);
    const insert = choice.kind === 'emoji' ? `${choice.emoji} ` : mentionText(choice);
    replaceRange(field.current, open.from, open.to, insert);
  }

  const close = () => setDismissed(open?.from ?? null);
  const list = useListBox({
    count: choices.length,
    onChoose: choose,
    ...(choices.length > 0 && { onClose: close }),
    tabChooses: true,
    of: `${open?.from} ${open?.query}`,
  });

  /** After each change of the text or the caret. */
  function look() {
    const { value, selectionStart, selectionEnd } = field.current ?? NOTHING;
    const next = selectionStart === selectionEnd ? tokenAt(value, selectionEnd) : null;
    setToken((before) => (sameToken(before, next) ? before : next));
    if (next === null) setDismissed(null);
  }

  /** A name that has just been closed by its second colon becomes the emoji. */
  function closeEmoji() {
    const target = field.current;
    const closed = target && closedEmoji(target.value, target.selectionEnd);
    const emoji = closed && names && emojiNamed(closed.name, names);
    if (emoji) replaceRange(target, closed.from, target.selectionEnd, emoji);
  }

  return {
    list,
    choices,
    label: open?.kind === 'emoji' ? 'Emoji' : 'People to mention',
    look,
    closeEmoji,
    leave: () => setToken(null),
  };
}

const NOTHING = { value: '', selectionStart: 0, selectionEnd: 0 };

function sameToken(a: Token | null, b: Token | null): boolean {
  return a?.kind === b?.kind && a?.from === b?.from && a?.query === b?.query && a?.to === b?.to;
}
