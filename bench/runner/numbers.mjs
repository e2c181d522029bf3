// How a figure is written: three digits that count, thousands apart, and never 100 for what is nearly 100.

export function number(value) {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  if (value > 99 && value < 100) return String(Math.floor(value * 1000) / 1000);
  return String(Number(value.toPrecision(3)));
}
