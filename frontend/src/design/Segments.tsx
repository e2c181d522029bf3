// One of a few, side by side: radio buttons that look like one control.
import { type ReactNode, useId } from 'react';
import './Segments.css';

interface SegmentsProps<T extends string> {
  legend: string;
  options: readonly { value: T; label: string; icon?: ReactNode }[];
  value: T;
  onChoose(value: T): void;
}

export function Segments<T extends string>({ legend, options, value, onChoose }: SegmentsProps<T>) {
  const name = useId();
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className="segment">
          <input
            className="visually-hidden"
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChoose(option.value)}
          />
          <span>
            {option.icon}
            {option.label}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
