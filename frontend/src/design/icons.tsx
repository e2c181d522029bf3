// The signs that the page uses; each stands beside words or in a control that has a label.
import type { ReactNode } from 'react';

function icon(children: ReactNode) {
  return function Icon({ className = 'icon' }: { className?: string }) {
    return (
      <svg
        className={className}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.75"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        {children}
      </svg>
    );
  };
}

const drawn = (d: string) => icon(<path d={d} />);

export const Bell = icon(
  <>
    <path d="M12 3v1.5" />
    <path d="M6.5 10.5a5.5 5.5 0 0 1 11 0c0 4.5 1.7 5.7 1.7 5.7H4.8s1.7-1.2 1.7-5.7" />
    <path d="M10 19.5a2.1 2.1 0 0 0 4 0" />
  </>,
);

export const Hash = drawn('M9.5 4 7.5 20M16.5 4l-2 16M4.5 9h16M3.5 15h16');
export const Lock = icon(
  <>
    <rect x="5" y="10.5" width="14" height="9.5" rx="2" />
    <path d="M8 10.5V8a4 4 0 0 1 8 0v2.5" />
  </>,
);
export const At = icon(
  <>
    <circle cx="12" cy="12" r="3.5" />
    <path d="M15.5 8.5v4.8a2.3 2.3 0 0 0 4.6 0V12a8.1 8.1 0 1 0-3.2 6.4" />
  </>,
);
export const Globe = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M3.5 12h17M12 3.5c2.4 2.3 3.5 5.1 3.5 8.5s-1.1 6.2-3.5 8.5c-2.4-2.3-3.5-5.1-3.5-8.5S9.6 5.8 12 3.5" />
  </>,
);
export const Compass = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="m15.5 8.5-2.2 4.8-4.8 2.2 2.2-4.8z" />
  </>,
);

export const Back = drawn('M15 5l-7 7 7 7');
export const Up = drawn('M12 19V5m0 0-6 6m6-6 6 6');
export const Down = drawn('M12 5v14m0 0-6-6m6 6 6-6');
export const Close = drawn('M6 6l12 12M18 6 6 18');
export const Plus = drawn('M12 5v14M5 12h14');
export const Check = drawn('M5 12.5l4.5 4.5L19 7.5');
export const More = icon(<path d="M5.5 12h.01M12 12h.01M18.5 12h.01" strokeWidth="2.75" />);
export const Search = icon(
  <>
    <circle cx="11" cy="11" r="6.5" />
    <path d="M20 20l-4.3-4.3" />
  </>,
);
export const Refresh = drawn('M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15');

export const Person = icon(
  <>
    <circle cx="12" cy="8" r="3.5" />
    <path d="M5 20c0-3.6 3-6 7-6s7 2.4 7 6" />
  </>,
);
export const PeopleSign = icon(
  <>
    <circle cx="9" cy="8" r="3.5" />
    <path d="M2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.8a3.5 3.5 0 0 1 0 6.4M18 14.5c2.1.8 3.5 2.7 3.5 5.5" />
  </>,
);
export const AddPerson = icon(
  <>
    <circle cx="9.5" cy="8" r="3.5" />
    <path d="M3 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M19 8v6M16 11h6" />
  </>,
);
export const Shield = drawn('M12 3.5l7 2.5v5.5c0 4.2-2.8 7.3-7 9-4.2-1.7-7-4.8-7-9V6z');

export const Send = drawn('M5 12 4 4.5 20.5 12 4 19.5 5 12zm0 0h7');
export const Reply = drawn('M9.5 6 4.5 11l5 5M4.5 11h9a6 6 0 0 1 6 6v1.5');
export const Pencil = drawn('M4.5 19.5l1-4.5L16 4.5l3.5 3.5L9 18.5zM13.5 7l3.5 3.5');
export const Trash = drawn('M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13M10.3 11v5.5M13.7 11v5.5');
export const Copy = icon(
  <>
    <rect x="8.5" y="8.5" width="11.5" height="11.5" rx="2" />
    <path d="M15.5 5.5V5a1.5 1.5 0 0 0-1.5-1.5H5.5A2 2 0 0 0 3.5 5.5V14a1.5 1.5 0 0 0 1.5 1.5h.5" />
  </>,
);
export const LinkSign = drawn(
  'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1',
);
export const Smile = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M8.5 14a4 4 0 0 0 7 0M9.2 9.7h.01M14.8 9.7h.01" />
  </>,
);
export const Clap = drawn(
  'M8.5 12.5 5.7 9.7a1.5 1.5 0 0 1 2.1-2.1l3.7 3.7M11.5 11.3 8.3 8.1M10 10 7.5 6.5a1.5 1.5 0 0 1 2.1-2.1l5.4 5.4.8-1.8a1.6 1.6 0 0 1 3 1l-.9 4.5a7 7 0 0 1-11.8 3.6L4.2 14.8a1.5 1.5 0 0 1 2.1-2.1M15.5 2.5l-.4 1.8M19 3.8l-1.2 1.5',
);
export const Bold = drawn('M7.5 5h5.2a3.4 3.4 0 0 1 0 6.8H7.5zM7.5 11.8h6a3.6 3.6 0 0 1 0 7.2h-6z');
export const Italic = drawn('M10 5h7M7 19h7M14 5l-4 14');
export const Code = drawn('M8.5 7.5 4 12l4.5 4.5M15.5 7.5 20 12l-4.5 4.5');

export const Gear = icon(
  <>
    <path d="M4 7.5h8M17.5 7.5H20M4 16.5h2.5M12 16.5h8" />
    <circle cx="14.7" cy="7.5" r="2.7" />
    <circle cx="9.3" cy="16.5" r="2.7" />
  </>,
);
export const Leave = drawn('M14 4.5H6v15h8M10.5 12H21m0 0-3.5-3.5M21 12l-3.5 3.5');
export const Download = drawn('M12 4v11m0 0-4.5-4.5M12 15l4.5-4.5M4.5 19.5h15');
export const Clock = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7.5V12l3 2" />
  </>,
);
export const Warning = drawn('M12 4 2.8 19.5h18.4zM12 10v4.5M12 17.2h.01');
export const Info = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 11v5M12 8h.01" />
  </>,
);
export const Unplugged = drawn(
  'M4 4l16 16M12 19h.01M8.5 15.5a5 5 0 0 1 6.3-.6M5 12a10 10 0 0 1 4.5-2.6M19 12a10 10 0 0 0-5.5-2.9M2 8.5A15 15 0 0 1 6 6M22 8.5a15 15 0 0 0-10.5-4.2',
);
export const Keyboard = icon(
  <>
    <rect x="2.5" y="6" width="19" height="12" rx="2" />
    <path d="M6.5 10h.01M10 10h.01M13.7 10h.01M17.4 10h.01M8 14h8" />
  </>,
);
export const Sun = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4" />
  </>,
);
export const Moon = drawn('M20 14.2A8.5 8.5 0 0 1 9.8 4 8.5 8.5 0 1 0 20 14.2z');
export const Screen = icon(
  <>
    <rect x="3" y="4.5" width="18" height="12" rx="2" />
    <path d="M9 20h6M12 16.5V20" />
  </>,
);
