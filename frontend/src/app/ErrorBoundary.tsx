// Where something breaks while it is shown: a sentence and a way on, and the rest of the page stays.
import { Component, type ReactNode } from 'react';
import { Button } from '../design/Button';
import { Refresh, Warning } from '../design/icons';
import { EmptyState } from '../design/States';

interface ErrorBoundaryProps {
  /** When it changes, what is inside gets another chance. */
  of?: unknown;
  children: ReactNode;
}

interface Broken {
  error: unknown;
  of: unknown;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, { broken: Broken | null }> {
  override state: { broken: Broken | null } = { broken: null };

  static getDerivedStateFromError(error: unknown) {
    return { broken: { error, of: undefined } };
  }

  override componentDidCatch(error: unknown) {
    this.setState({ broken: { error, of: this.props.of } });
  }

  override componentDidUpdate(before: ErrorBoundaryProps) {
    if (this.state.broken && before.of !== this.props.of) this.setState({ broken: null });
  }

  override render() {
    const { broken } = this.state;
    if (!broken) return this.props.children;
    return (
      <main className="broken" role="alert">
        <EmptyState title={titleOf(broken.error)} icon={<Warning />} level={1}>
          <p className="soft">Nothing that you wrote is lost. Reloading the page usually helps.</p>
          <Button look="primary" icon={<Refresh />} onClick={() => window.location.reload()}>
            Reload
          </Button>
        </EmptyState>
      </main>
    );
  }
}

/** A part that was not loaded is most often of a version that the server does not have any more. */
function titleOf(error: unknown): string {
  const missing =
    error instanceof Error && /dynamically imported|preload|import.*module/i.test(error.message);
  return missing ? 'This part of the page could not be loaded' : 'Something in the page broke';
}
