// What is pressed: with words (Button), with words that lead somewhere (ButtonLink), or with a sign alone (IconButton).
import type { ComponentPropsWithRef, ReactNode } from 'react';
import { tip } from './Tooltip';
import './Button.css';

/** `primary`: the one thing to do here. `danger`: ends something. `quiet`: beside other things. */
export type Look = 'plain' | 'primary' | 'quiet' | 'danger' | 'danger-quiet' | 'link';
export type Size = 'small' | 'normal' | 'large';

interface Face {
  look?: Look;
  size?: Size;
  /** As wide as what it stands in. */
  wide?: boolean;
  icon?: ReactNode;
}

export interface ButtonProps extends Face, ComponentPropsWithRef<'button'> {
  /** Something pressed is on its way: says so, and takes no second press. */
  busy?: boolean;
}

export function Button({
  look = 'plain',
  size = 'normal',
  wide = false,
  busy = false,
  icon,
  className,
  children,
  onClick,
  type = 'button',
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={className ? `button ${className}` : 'button'}
      data-look={look}
      data-size={size}
      data-wide={wide}
      aria-busy={busy || undefined}
      aria-disabled={busy || rest['aria-disabled']}
      onClick={(event) => {
        if (busy) return event.preventDefault();
        onClick?.(event);
      }}
    >
      {busy ? <span className="spinner" /> : icon}
      {children}
    </button>
  );
}

export function ButtonLink({
  look = 'plain',
  size = 'normal',
  wide = false,
  icon,
  className,
  children,
  ...rest
}: Face & ComponentPropsWithRef<'a'> & { href: string }) {
  return (
    <a
      {...rest}
      className={className ? `button ${className}` : 'button'}
      data-look={look}
      data-size={size}
      data-wide={wide}
    >
      {icon}
      {children}
    </a>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, 'icon' | 'wide' | 'children'> {
  /** Its name; shown when one stays on it. */
  label: string;
  icon: ReactNode;
  /** The keys that do the same, as `keysOf` writes them. */
  keys?: string;
  /** A small sign on the corner: something is new there. */
  mark?: ReactNode;
}

export function IconButton({ label, icon, keys, mark, look = 'quiet', ...rest }: IconButtonProps) {
  return (
    <Button {...rest} {...tip(label, keys)} look={look} icon={icon} aria-label={label} data-icon-only>
      {mark && <span className="button-mark">{mark}</span>}
    </Button>
  );
}
