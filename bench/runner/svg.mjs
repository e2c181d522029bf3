// The parts that all plots are made of: an SVG that is legible on light and dark pages, and text in it.

const STYLE = `
    svg { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; --paper: #ffffff; --ink: #1f2328; --faint: #59636e;
      --rule: #d1d9e0; --belfry: #1f6feb; --second: #8250df; --peer: #bc6c00; --floor: #8c959f; --target: #cf222e; }
    @media (prefers-color-scheme: dark) {
      svg { --paper: #0d1117; --ink: #f0f6fc; --faint: #9198a1; --rule: #3d444d; --belfry: #58a6ff; --second: #be8fff;
        --peer: #e3a04a; --floor: #7d8590; --target: #ff7b72; }
    }
    .paper { fill: var(--paper); }
    text { fill: var(--ink); }
    .above { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
    .title { font-weight: 600; font-size: 14px; }
    .faint { fill: var(--faint); font-size: 12px; }
    .rule { stroke: var(--rule); stroke-width: 1; }
    .spread { stroke: var(--ink); stroke-width: 1.5; }
    .target { stroke: var(--target); stroke-width: 1.5; stroke-dasharray: 4 3; }
    .wanted { fill: var(--target); font-size: 12px; }
    .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
`;

const COLOURS = { belfry: 'belfry', 'belfry-2': 'second', peer: 'peer', 'peer-quiet': 'peer', floor: 'floor' };

export const colour = (contender) => `var(--${COLOURS[contender] ?? 'floor'})`;

// A whole picture; `title` is also what is read aloud.
export function picture(width, height, title, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
  <title>${escaped(title)}</title>
  <style>${STYLE}  </style>
  <rect class="paper" width="${width}" height="${height}" rx="6"/>
  ${parts.join('\n  ')}
</svg>
`;
}

export function text(x, y, content, { anchor = 'start', style = '' } = {}) {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${style && ` class="${style}"`}>${escaped(content)}</text>`;
}

export function line(x1, y1, x2, y2, style) {
  return `<line class="${style}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

export function bar(x, y, width, height, fill) {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${height}" rx="2" style="fill: ${fill}"/>`;
}

export function curve(points, stroke) {
  const path = points.map(([x, y], n) => `${n ? 'L' : 'M'}${round(x)} ${round(y)}`).join(' ');
  return `<path class="curve" style="stroke: ${stroke}" d="${path}"/>`;
}

const round = (value) => Number(value.toFixed(1));

function escaped(content) {
  return String(content).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
