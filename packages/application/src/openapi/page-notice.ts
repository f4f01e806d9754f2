import { escapeHtml } from './escape-html.ts';

/** What a page says to whoever looks at it, as who they are here. */
export interface PageNotice {
  readonly text: string;
  /** Where to go from here. */
  readonly link?: { readonly href: string; readonly text: string };
  /** What a button does: it is sent as an empty form. */
  readonly button?: { readonly action: string; readonly text: string };
}

/** The notice as a line of a page; nothing without one. */
export function noticeLine(notice: PageNotice | undefined): string {
  if (notice === undefined) return '';
  const { text, link, button } = notice;
  const way = link && ` <a href="${escapeHtml(link.href)}">${escapeHtml(link.text)}</a>`;
  const form =
    button &&
    `<form method="post" action="${escapeHtml(button.action)}"><button>${escapeHtml(button.text)}</button></form>`;
  return `<div class="notice"><span>${escapeHtml(text)}${way ?? ''}</span>${form ?? ''}</div>\n`;
}
