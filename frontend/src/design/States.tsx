// What stands where there is nothing to show: not yet (Skeleton), nothing at all (EmptyState), or not this time (ErrorState).
import type { ReactNode } from 'react';
import { Button } from './Button';
import { Refresh } from './icons';
import './States.css';

interface SkeletonProps {
  /** What is on its way, read out: "Loading rooms". */
  label: string;
  /** How many lines are to be expected. */
  lines?: number;
  /** A round corner before each line: people, rooms. */
  faces?: boolean;
}

const WIDTHS = ['72%', '54%', '83%', '61%', '46%'];

export function Skeleton({ label, lines = 4, faces = false }: SkeletonProps) {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">{label}</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} className="skeleton-line" aria-hidden="true">
          {faces && <span className="skeleton-face" />}
          <span className="skeleton-bar" style={{ width: WIDTHS[line % WIDTHS.length] }} />
        </span>
      ))}
    </div>
  );
}

interface StateProps {
  title: string;
  icon?: ReactNode;
  /** The level of its heading where it stands; 2 if not said. */
  level?: 1 | 2 | 3;
  /** In a narrow place, between other things. */
  small?: boolean;
  /** Words, and what can be done. */
  children?: ReactNode;
}

export function EmptyState({ title, icon, level = 2, small = false, children }: StateProps) {
  const Heading = `h${level}` as const;
  return (
    <div className="state" data-small={small}>
      {icon && <span className="state-icon">{icon}</span>}
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

interface ErrorStateProps extends Omit<StateProps, 'children'> {
  /** What happened, as a sentence that one can act on. */
  sentence: string;
  onRetry?(): void;
  busy?: boolean;
  children?: ReactNode;
}

export function ErrorState({ sentence, onRetry, busy = false, children, ...rest }: ErrorStateProps) {
  return (
    <div role="alert">
      <EmptyState {...rest}>
        <p className="soft">{sentence}</p>
        {onRetry && (
          <Button icon={<Refresh />} busy={busy} onClick={onRetry}>
            Try again
          </Button>
        )}
        {children}
      </EmptyState>
    </div>
  );
}
