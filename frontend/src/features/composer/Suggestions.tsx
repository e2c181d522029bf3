// What the field offers while one writes: people to name, or emoji.
import { Avatar } from '../../design/Avatar';
import { PeopleSign } from '../../design/icons';
import { type List, ListBox } from '../../design/ListBox';
import type { Candidate } from './mention-choices';
import type { Choice } from './use-completion';

interface SuggestionsProps {
  list: List;
  label: string;
  choices: readonly Choice[];
}

export function Suggestions({ list, label, choices }: SuggestionsProps) {
  return (
    <>
      <p className="visually-hidden" role="status">
        {choices.length > 0 && `${choices.length} ${choices.length === 1 ? 'suggestion' : 'suggestions'}`}
      </p>
      {choices.length > 0 && (
        <div className="suggestions">
          <ListBox list={list} label={label} items={choices} keyOf={keyOf}>
            {(choice) => <Suggestion choice={choice} />}
          </ListBox>
        </div>
      )}
    </>
  );
}

function keyOf(choice: Choice): string {
  switch (choice.kind) {
    case 'here':
      return 'here';
    case 'person':
      return choice.person.id;
    case 'emoji':
      return choice.emoji;
  }
}

function Suggestion({ choice }: { choice: Choice }) {
  switch (choice.kind) {
    case 'here':
      return (
        <>
          <span className="suggestion-sign">
            <PeopleSign />
          </span>
          <span className="clip">
            <strong>@here</strong> <span className="soft">everybody who is here now</span>
          </span>
        </>
      );
    case 'person':
      return <Person person={choice.person} />;
    case 'emoji':
      return (
        <>
          <span className="suggestion-sign suggestion-emoji">{choice.emoji}</span>
          <span className="clip">:{choice.name}:</span>
        </>
      );
  }
}

function Person({ person: { id, username, displayName, status } }: { person: Candidate }) {
  return (
    <>
      <Avatar id={id} name={displayName ?? username} status={status} size="small" />
      <span className="clip">
        <strong>{displayName ?? username}</strong>{' '}
        {displayName !== undefined && displayName !== username && <span className="soft">@{username}</span>}
      </span>
    </>
  );
}
