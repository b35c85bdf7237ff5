const SPACE = /[ \t\r\n]*/y
const STRING = /"(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** Where a text stops being JSON [RFC 8259]: JSON.parse says so only for some mistakes, and in words that change. */
export function jsonErrorPosition(text: string): { readonly line: number; readonly column: number } {
  const before = text.slice(0, errorOffset(text)).split('\n')
  return { line: before.length, column: before.at(-1)!.length + 1 }
}

function errorOffset(text: string): number {
  let at = 0
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    if (!pattern.test(text)) return false
    at = pattern.lastIndex
    return true
  }
  const takeMark = (mark: string): boolean => {
    take(SPACE)
    if (text[at] !== mark) return false
    at++
    return true
  }
  const takeList = (end: string, takeItem: () => boolean): boolean => {
    if (takeMark(end)) return true
    do if (!takeItem()) return false
    while (takeMark(','))
    return takeMark(end)
  }
  const takeMember = (): boolean => {
    take(SPACE)
    return take(STRING) && takeMark(':') && takeValue()
  }
  const takeValue = (): boolean => {
    if (takeMark('{')) return takeList('}', takeMember)
    if (takeMark('[')) return takeList(']', takeValue)
    return take(STRING) || take(SCALAR)
  }
  if (takeValue()) take(SPACE)
  return at
}
