// The field grows with its text. Newer browsers do that by themselves; the others are told its height.
import { type RefObject, useLayoutEffect } from 'react';

export function useGrowth(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text decides the height
  useLayoutEffect(() => {
    const target = field.current;
    if (!target || CSS.supports('field-sizing', 'content')) return;
    target.style.height = 'auto';
    target.style.height = `${target.scrollHeight}px`;
  }, [field, text]);
}
