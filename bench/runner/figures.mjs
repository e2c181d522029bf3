// What a row of a table is: a figure read from the reports of a run, and the targets that Belfry has for it.

// `read` takes one report of belfry-load. Options: `ratio` (show Belfry's in relation to the others'), `spread` (show the
// lowest and highest), `targets`.
export const figure = (title, read, options = {}) => ({ title, read, ...options });

// Targets say what is wanted in words and where the line is, in the figure's unit; `of` gives another contender's median.
export const atLeastTimes = (times, contender) => ({
  text: `≥ ${times} × ${shortName(contender)}`,
  line: (of) => times * of(contender),
  met: (value, line) => value >= line,
});

// Here `subject` is who has the target, in place of Belfry.
export const atMostTimes = (times, contender, subject) => ({
  text: `≤ ${times} × ${contender === 'belfry' ? 'one' : shortName(contender)}`,
  line: (of) => times * of(contender),
  met: (value, line) => value <= line,
  subject,
});

export const atMost = (limit, unit) => ({
  text: `≤ ${limit.toLocaleString('en')} ${unit}`,
  line: () => limit,
  met: (value, line) => value <= line,
});

export const exactly = (wanted, unit) => ({
  text: `${wanted.toLocaleString('en')} ${unit}`,
  line: () => wanted,
  met: (value, line) => value === line,
});

export const below = (contender) => ({
  text: `< ${shortName(contender)}`,
  line: (of) => of(contender),
  met: (value, line) => value < line,
});

// The targets of a figure as `{ text, line, met }`, as far as those who take part allow to tell.
export function judge({ title, targets = [] }, summary) {
  const of = (contender) => summary[contender]?.[title]?.median ?? Number.NaN;
  return targets.map(({ text, line: find, met, subject = 'belfry' }) => {
    const [line, value] = [find(of), of(subject)];
    return { text, line, met: Number.isNaN(line) || Number.isNaN(value) ? undefined : met(value, line) };
  });
}

export function shortName(contender) {
  return { belfry: 'Belfry', 'belfry-2': 'two replicas', peer: 'peer', 'peer-quiet': 'peer', floor: 'floor' }[contender];
}
