/** Lines longer than this are hard to read, however wide the terminal is. */
const WIDEST = 100

/** How many columns of a terminal a text takes. */
export function widthFor(columns: number): number {
  return Math.min(columns, WIDEST)
}

/** A label and its text, which starts on the next line when the label is too long. */
export function entry(label: string, text: string, indent: number, width: number): string {
  const wrapped = wrap(text, indent, width)
  return label.length + 2 > indent ? `${label}\n${wrapped}` : label + wrapped.slice(label.length)
}

/** A paragraph, broken at its blanks. */
export function wrap(text: string, indent: number, width: number): string {
  const room = Math.max(20, width - indent)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each).join('\n')
}
