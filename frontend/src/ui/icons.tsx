// The few signs that the page uses; each stands beside words or in a control that has a label.
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

export const Bell = icon(
  <>
    <path d="M12 3v1.5" />
    <path d="M6.5 10.5a5.5 5.5 0 0 1 11 0c0 4.5 1.7 5.7 1.7 5.7H4.8s1.7-1.2 1.7-5.7" />
    <path d="M10 19.5a2.1 2.1 0 0 0 4 0" />
  </>,
);

export const Hash = icon(<path d="M9.5 4 7.5 20M16.5 4l-2 16M4.5 9h16M3.5 15h16" />);

export const Back = icon(<path d="M15 5l-7 7 7 7" />);

export const PeopleSign = icon(
  <>
    <circle cx="9" cy="8" r="3.5" />
    <path d="M2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.8a3.5 3.5 0 0 1 0 6.4M18 14.5c2.1.8 3.5 2.7 3.5 5.5" />
  </>,
);

export const Send = icon(<path d="M5 12 4 4.5 20.5 12 4 19.5 5 12zm0 0h7" />);

export const Leave = icon(<path d="M14 4.5H6v15h8M10.5 12H21m0 0-3.5-3.5M21 12l-3.5 3.5" />);

export const Down = icon(<path d="M12 5v14m0 0-6-6m6 6 6-6" />);

export const Close = icon(<path d="M6 6l12 12M18 6 6 18" />);

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

export const More = icon(<path d="M5.5 12h.01M12 12h.01M18.5 12h.01" strokeWidth="2.75" />);

export const Plus = icon(<path d="M12 5v14M5 12h14" />);

export const Compass = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="m15.5 8.5-2.2 4.8-4.8 2.2 2.2-4.8z" />
  </>,
);

export const Smile = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M8.5 14a4 4 0 0 0 7 0M9.2 9.7h.01M14.8 9.7h.01" />
  </>,
);

export const Reply = icon(<path d="M9.5 6 4.5 11l5 5M4.5 11h9a6 6 0 0 1 6 6v1.5" />);
