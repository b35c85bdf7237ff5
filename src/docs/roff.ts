import type { Section } from './section.ts'

/** Shown at the foot of each page. Fixed, so that a page changes only when its text does. */
const DATE = '2026-11-22'

/** @param lines of roff, the first of them a heading. */
export function page(title: string, lines: readonly string[]): string {
  return `${[`.TH ${roff(title.toUpperCase())} 1 ${DATE} tmqtt "User Commands"`, ...lines].join('\n')}\n`
}

/** Sections below a heading, the first without a heading of its own. */
export function sectionLines([first, ...others]: readonly Section[]): string[] {
  return [...contentOf(first!), ...others.flatMap((each) => [`.SS ${roff(each.heading)}`, ...contentOf(each)])]
}

function contentOf({ text, rows = [], samples = [] }: Section): string[] {
  return [
    ...(text === undefined ? [] : [roff(text)]),
    ...rows.flatMap(([word, meaning]) => ['.TP', roff(word), roff(meaning)]),
    ...samples.flatMap(([typed, printed]) => ['.TP', roff(typed || 'none of them'), ...verbatim(printed)]),
  ]
}

/** What is typed, each with what it does. */
export function exampleLines(examples: readonly { readonly run: string; readonly shows: string }[]): string[] {
  return examples
    .flatMap(({ run, shows }) => [`${roff(shows)}:`, '.PP', '.RS 4', ...verbatim(run), '.RE', '.PP'])
    .slice(0, -1)
}

function verbatim(line: string): string[] {
  return ['.nf', roff(line), '.fi']
}

/** Text for roff: no line may start with a control character, and dashes and quotes stay what they are. */
export function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('…', '\\|.\\|.\\|.')
    .replaceAll('∞', '\\(if')
    .replace(/^\./gm, '\\&.')
}
