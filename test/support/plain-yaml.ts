/** Reads the part of YAML that manifests are usually written in: mappings, sequences, plain text, and text folded by `>-`. */
export function readPlainYaml(text: string): unknown {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trim().startsWith('#'))
    .map((line) => ({ indent: line.search(/\S/), text: line.trim() }))
  let at = 0

  function block(indent: number): unknown {
    return lines[at]!.text.startsWith('- ') ? sequence(indent) : mapping(indent)
  }

  function sequence(indent: number): unknown[] {
    const items: unknown[] = []
    while (lines[at]?.indent === indent && lines[at]!.text.startsWith('- ')) {
      const rest = lines[at]!.text.slice(2)
      if (/^[\w-]+:( |$)/.test(rest)) {
        lines[at] = { indent: indent + 2, text: rest }
        items.push(mapping(indent + 2))
      } else {
        at++
        items.push(value(rest, indent))
      }
    }
    return items
  }

  function mapping(indent: number): Record<string, unknown> {
    const fields: Record<string, unknown> = {}
    while (lines[at]?.indent === indent) {
      const [, key, rest] = /^([\w-]+):(?: (.+))?$/.exec(lines[at]!.text) ?? []
      if (key === undefined || Object.hasOwn(fields, key)) throw new Error(`no mapping: ${lines[at]!.text}`)
      at++
      fields[key] = value(rest ?? '', indent)
    }
    return fields
  }

  /** Of what stands behind a key or dash; what belongs to it on the lines below is further in. */
  function value(shown: string, indent: number): unknown {
    const isDeeper = (lines[at]?.indent ?? 0) > indent
    if (shown === '' && isDeeper) return block(lines[at]!.indent)
    if (shown === '>-') {
      const folded: string[] = []
      while ((lines[at]?.indent ?? 0) > indent) folded.push(lines[at++]!.text)
      return folded.join(' ')
    }
    if (isDeeper || /^[{&*!|>%@`"']/.test(shown)) throw new Error(`not plain: ${shown}`)
    const list = /^\[(.*)\]$/.exec(shown)?.[1]
    if (list !== undefined) return list.split(', ')
    return /^\d+$/.test(shown) ? Number(shown) : shown
  }

  const document = block(0)
  if (at < lines.length) throw new Error(`does not belong: ${lines[at]!.text}`)
  return document
}
