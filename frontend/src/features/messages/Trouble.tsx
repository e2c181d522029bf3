// What did not work, where it was tried.
import type { MessageItem } from '@belfry/client';
import { Button } from '../../design/Button';
import { actSentence, sendSentence } from '../../language/sentences';
import type { MessageVerbs } from './message-verbs';

export function Trouble({ message, verbs }: { message: MessageItem; verbs: MessageVerbs }) {
  const { id, key, seq, content, state, problem } = message;
  if (!problem) return null;
  if (seq === null) {
    if (state !== 'failed') return null;
    return (
      <Failed
        text={`Not sent. ${sendSentence(problem)}`}
        again={() => verbs.retry(key)}
        drop={() => verbs.discard(key)}
      />
    );
  }
  const drop = () => verbs.dismiss(id);
  // What it says is what was to be said: the edit that failed.
  if (state === 'failed') {
    return (
      <Failed
        text={`Not changed. ${actSentence(problem, 'edit')}`}
        again={() => verbs.edit(id, content)}
        drop={drop}
      />
    );
  }
  return <Failed text={actSentence(problem)} drop={drop} />;
}

function Failed({ text, again, drop }: { text: string; again?(): void; drop(): void }) {
  return (
    <div className="failed" role="alert">
      <span className="problem">{text}</span>
      <span className="choices">
        {again && (
          <Button look="link" size="small" onClick={again}>
            Try again
          </Button>
        )}
        <Button look="link" size="small" onClick={drop}>
          {again ? 'Discard' : 'Dismiss'}
        </Button>
      </span>
    </div>
  );
}
