// Stands in until the real one is here.
export const WIDE = '(min-width: 70rem)';
export type PeopleTab = 'here' | 'members';
export function PeoplePanel(_: { tab: PeopleTab; onTab(tab: PeopleTab): void; onClose(): void }) {
  return null;
}
