// What the primitives need above them, once: notices, announcements and tips.
import type { ReactNode } from 'react';
import { Announcer } from './Announcer';
import { Toasts } from './Toast';
import { TooltipLayer } from './Tooltip';

export function Design({ children }: { children: ReactNode }) {
  return (
    <Announcer>
      <Toasts>
        {children}
        <TooltipLayer />
      </Toasts>
    </Announcer>
  );
}
