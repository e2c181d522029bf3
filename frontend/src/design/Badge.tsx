// A small number or word on something else.
import type { ReactNode } from 'react';
import './Badge.css';

interface BadgeProps {
  /** `calls`: for oneself. `soft`: only for the record. */
  tone?: 'plain' | 'calls' | 'soft';
  /** What a screen reader says after it: " unread". */
  spoken?: string;
  children: ReactNode;
}

/** A number above 99 is shown as 99+. */
export function Badge({ tone = 'plain', spoken, children }: BadgeProps) {
  return (
    <span className="badge" data-tone={tone}>
      {typeof children === 'number' && children > 99 ? '99+' : children}
      {spoken && <span className="visually-hidden">{spoken}</span>}
    </span>
  );
}
