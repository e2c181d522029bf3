// Puts an edit into the field so that the browser's own undo takes it back.
import type { Edit } from './markdown-edits';

export function applyEdit(field: HTMLTextAreaElement, edit: Edit): void {
  field.focus();
  field.setSelectionRange(edit.from, edit.to);
  if (!typeIn(edit.insert)) {
    field.setRangeText(edit.insert);
    field.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertText' }));
  }
  field.setSelectionRange(edit.start, edit.end);
}

/** Replaces a part of the text, and leaves the caret behind it. */
export function replaceRange(field: HTMLTextAreaElement, from: number, to: number, insert: string): void {
  const end = from + insert.length;
  applyEdit(field, { from, to, insert, start: end, end });
}

/** An old command, and the only one that the list of undoable steps knows of. It tells of the change by `input`. */
function typeIn(text: string): boolean {
  return text === '' ? document.execCommand('delete') : document.execCommand('insertText', false, text);
}
