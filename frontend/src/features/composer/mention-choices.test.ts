// Who is offered for an `@`, and in which order.
import { describe, expect, it } from 'vitest';
import { type Candidate, mentionChoices, mentionText } from './mention-choices';

const ada: Candidate = { id: '1', username: 'Ada Lovelace', status: 'online' };
const adam: Candidate = { id: '2', username: 'adam', status: 'offline' };
const bo: Candidate = { id: '3', username: 'bo', displayName: 'Ada’s friend', status: 'online' };
const jose: Candidate = { id: '4', username: 'José', status: 'online' };
const love: Candidate = { id: '5', username: 'mrs-love' };
const all = [adam, ada, bo, jose, love];

const offered = (query: string, people = all, here = false) =>
  mentionChoices(query, people, here).map((choice) => mentionText(choice));

describe('people offered', () => {
  it('are those whose name begins so, who are here before who is not', () => {
    expect(offered('ad')).toEqual(['@Ada Lovelace ', '@adam ', '@bo ']);
  });

  it('are found by a later word, and without marks on letters', () => {
    expect(offered('love')).toEqual(['@Ada Lovelace ', '@mrs-love ']);
    expect(offered('jose')).toEqual(['@José ']);
    expect(offered('Ada Lov')).toEqual(['@Ada Lovelace ']);
    expect(offered('Ada and')).toEqual([]);
  });

  it('stand there once, with what is known of them', () => {
    const twice = mentionChoices('bo', [{ id: '3', username: 'bo' }, bo], false);
    expect(twice).toEqual([{ kind: 'person', person: bo }]);
  });

  it('include everybody who is here, where that is allowed', () => {
    expect(offered('he', all, true)).toEqual(['@here ']);
    expect(offered('', [ada], true)).toEqual(['@Ada Lovelace ', '@here ']);
    expect(offered('he', all, false)).toEqual([]);
  });
});
