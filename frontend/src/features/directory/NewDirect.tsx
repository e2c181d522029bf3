// Finds somebody and opens the conversation with them.
import { useMe } from '@belfry/react';
import { useState } from 'react';
import { Button } from '../../design/Button';
import { Dialog, DialogBody } from '../../design/Dialog';
import { nameOf } from '../people/names';
import { PeopleSearch } from '../people/PeopleSearch';
import { useDirect } from '../people/use-direct';

export function NewDirect({ onClose }: { onClose(): void }) {
  const me = useMe();
  const [text, setText] = useState('');
  const { open, problem } = useDirect(onClose);
  return (
    <Dialog title="New message" onClose={onClose}>
      <DialogBody>
        <p className="soft">Only the two of you see what is written there.</p>
        <PeopleSearch label="Find somebody by name" text={text} onText={setText}>
          {(user) =>
            user.id === me?.id ? (
              <span className="soft person-word">You</span>
            ) : (
              <Button size="small" aria-label={`Message ${nameOf(user)}`} onClick={() => open(user.id)}>
                Message
              </Button>
            )
          }
        </PeopleSearch>
        <p className="problem" role="alert">
          {problem}
        </p>
      </DialogBody>
    </Dialog>
  );
}
