// What a sign means, when the pointer stays on it or the focus comes to it: one layer for the whole page, so that a button costs nothing.
import { useEffect, useRef, useState } from 'react';
import { place } from './place';
import './Tooltip.css';

const PATIENCE_MS = 450;

/** Spread onto an element that has a name for screen readers already. */
export function tip(text: string, keys?: string) {
  return keys ? { 'data-tip': text, 'data-tip-keys': keys } : { 'data-tip': text };
}

interface Shown {
  text: string;
  keys: string | undefined;
  at: HTMLElement;
}

/** Once, anywhere in the page. Escape and any press take the tip away. */
export function TooltipLayer() {
  const [shown, setShown] = useState<Shown | null>(null);
  const panel = useRef<HTMLDivElement>(null);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over: HTMLElement | null = null;

    function leave() {
      clearTimeout(timer);
      over = null;
      setShown(null);
    }

    function come(event: Event) {
      const target = event.target as Element;
      if (panel.current?.contains(target)) return;
      const at = target.closest?.<HTMLElement>('[data-tip]') ?? null;
      if (at === over) return;
      leave();
      over = at;
      if (!at || (event.type === 'focusin' && !at.matches(':focus-visible'))) return;
      timer = setTimeout(() => {
        if (at.isConnected && at.dataset.tip && at.ariaExpanded !== 'true')
          setShown({ text: at.dataset.tip, keys: at.dataset.tipKeys, at });
      }, PATIENCE_MS);
    }

    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && leave();
    const fromPointer = (event: PointerEvent) => event.pointerType === 'mouse' && come(event);
    document.addEventListener('pointerover', fromPointer);
    document.addEventListener('pointerdown', leave);
    document.addEventListener('focusin', come);
    document.addEventListener('focusout', leave);
    document.addEventListener('keydown', onKey);
    document.addEventListener('scroll', leave, true);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('pointerover', fromPointer);
      document.removeEventListener('pointerdown', leave);
      document.removeEventListener('focusin', come);
      document.removeEventListener('focusout', leave);
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('scroll', leave, true);
    };
  }, []);

  useEffect(() => {
    if (!shown || !panel.current) return;
    panel.current.showPopover();
    place(panel.current, shown.at.getBoundingClientRect(), { side: 'above', align: 'centre' });
  }, [shown]);

  return (
    shown && (
      <div ref={panel} className="tip" popover="manual" aria-hidden="true">
        {shown.text}
        {shown.keys?.split(' ').map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </div>
    )
  );
}
