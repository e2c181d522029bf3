// How well a name fits what somebody typed: letters in order, better where they begin words or stand together.

/** Above 0 it fits, the more the better; 0 where it does not. Accents and case do not count. */
export function fits(wish: string, name: string): number {
  const [want, have] = [plain(wish), plain(name)];
  if (want === '') return 1;
  if (have === want) return 1000;
  if (have.startsWith(want)) return 900 - Math.min(have.length, 100);
  const at = have.indexOf(want);
  if (at > 0) return (beginsWord(have, at) ? 700 : 500) - Math.min(at, 100);
  return scattered(want, have);
}

function scattered(want: string, have: string): number {
  let score = 0;
  let from = 0;
  let last = -2;
  for (const letter of want) {
    if (letter === ' ') continue;
    // The first letter of a word where there is one, else the next that there is.
    let at = have.indexOf(letter, from);
    if (at < 0) return 0;
    for (let word = at; word >= 0; word = have.indexOf(letter, word + 1)) {
      if (!beginsWord(have, word)) continue;
      if (word !== last + 1 && have[last + 1] !== letter) at = word;
      break;
    }
    score += at === last + 1 ? 6 : beginsWord(have, at) ? 8 : 1;
    last = at;
    from = at + 1;
  }
  // Letters strewn over a long name are chance.
  return score >= want.length * 3 ? Math.min(score, 400) : 0;
}

function beginsWord(text: string, at: number): boolean {
  return at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? '');
}

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();
}
