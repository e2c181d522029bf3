// The shapes of messages that are on their way, at the height that is reserved for them; or why they did not come.
import { Button } from '../../design/Button';

interface LoadingRowsProps {
  /** Read out; nothing where nothing is on its way yet. */
  label: string;
  /** `all`: instead of the whole list. */
  place: 'all' | 'above' | 'below';
  problem?: string | null;
  onRetry?(): void;
}

const SHAPES = [
  ['38%', '64%'],
  ['52%'],
  ['44%', '71%', '30%'],
  ['58%'],
  ['35%', '62%'],
  ['67%', '41%'],
] as const;

export function LoadingRows({ label, place, problem = null, onRetry }: LoadingRowsProps) {
  if (problem !== null) {
    return (
      <div className="loading-rows failed-rows" data-place={place} role="alert">
        <span className="problem">{problem}</span>
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      </div>
    );
  }
  return (
    <div className="loading-rows" data-place={place} {...(label ? { role: 'status' } : {})}>
      {label && <span className="visually-hidden">{label}</span>}
      {(place === 'all' ? SHAPES : SHAPES.slice(0, 3)).map((widths) => (
        <div key={widths.join()} className="loading-row" aria-hidden="true">
          <span className="loading-face" />
          <span className="loading-lines">
            <span className="loading-bar" data-name="true" />
            {widths.map((width) => (
              <span key={width} className="loading-bar" style={{ width }} />
            ))}
          </span>
        </div>
      ))}
    </div>
  );
}
