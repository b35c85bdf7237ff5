import { LocalError } from '../errors.ts'
import type { Credentials } from './plan.ts'

const COLUMNS = ['username', 'password', 'clientId'] as const
type Column = (typeof COLUMNS)[number]

/**
 * Reads credentials from CSV [RFC 4180]: user name, password and perhaps client identifier, or the columns that a first
 * line names.
 *
 * @param name of the file, for messages, which never quote the content.
 * @throws LocalError
 */
export function readCredentials(text: string, name: string): readonly Credentials[] {
  const rows = readCsv(text.replace(/^\ufeff/, ''), name)
  const head = rows[0]?.map((cell) => COLUMNS.find((column) => column.toLowerCase() === columnName(cell)))
  const hasHead = head?.includes('username') === true || head?.includes('clientId') === true
  const columns: readonly (Column | undefined)[] = hasHead ? head! : COLUMNS
  const all = rows.slice(hasHead ? 1 : 0).map((row, at) => {
    if (row.length > columns.length)
      throw new LocalError(`${name}: entry ${at + 1} has ${row.length} fields; expected ${COLUMNS.join(', ')}`)
    const given = columns.flatMap((column, cell) => (column === undefined || !row[cell] ? [] : [[column, row[cell]]]))
    return Object.fromEntries(given) as Credentials
  })
  if (all.length === 0) throw new LocalError(`${name}: there are no credentials in it`)
  return all
}

function columnName(cell: string): string {
  return cell.toLowerCase().replace(/[ _-]/g, '')
}

/** The fields of each line that is not empty. */
function readCsv(text: string, name: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length) {
    const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
    field.lastIndex = at
    const match = field.exec(text)
    if (match === null) throw new LocalError(`${name}: entry ${rows.length + 1} has a quote where none can be`)
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!)
    at = field.lastIndex
    if (match[3] === ',' && at < text.length) continue
    if (match[3] === ',') row.push('')
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  return rows
}
