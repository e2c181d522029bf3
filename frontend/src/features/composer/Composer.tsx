// Stands in until the real one is here.
import { useRoom, useRoomHandle } from '@belfry/react';
export function Composer({ onEditLast }: { onEditLast(): void }) {
  const room = useRoomHandle();
  const { info } = useRoom();
  return (
    <textarea
      aria-label={`Message to ${info?.name ?? room.id}`}
      rows={1}
      onKeyDown={(event) => {
        const field = event.currentTarget;
        if (event.key === 'ArrowUp' && field.value === '') {
          event.preventDefault();
          onEditLast();
        }
        if (event.key !== 'Enter' || event.shiftKey) return;
        event.preventDefault();
        const { replyTo } = room.draft.get();
        if (field.value.trim()) room.send(field.value.trim(), replyTo ? { replyTo } : {});
        room.setDraft({ replyTo: null });
        field.value = '';
      }}
    />
  );
}
