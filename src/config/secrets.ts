import { execFile } from 'node:child_process'
import { UsageError } from '../errors.ts'
import type { Io } from '../io.ts'
import type { OptionTable } from '../options/option.ts'
import { type SecretReference, type Source, settle } from '../options/resolve.ts'
import { isCredential } from '../options/secret.ts'
import { readSettings, reasonOf } from './files.ts'

/** Who asks for a secret may have to be unlocked by hand first. */
const PATIENCE_MS = 60_000

/**
 * Puts the secrets that are kept elsewhere in their place: those that the options come to, so that no program runs for
 * a password that the command line overrides.
 *
 * @throws UsageError that names the profile and the key; the signal's reason.
 */
export async function withSecrets(
  table: OptionTable,
  sources: readonly Source[],
  io: Pick<Io, 'env' | 'signal'>,
  warn: (text: string) => void,
  patienceMs = PATIENCE_MS,
): Promise<readonly Source[]> {
  const fetched = new Map<Source, Map<string, readonly (string | SecretReference)[]>>()
  const variables: string[] = []
  for (const [key, { source, texts }] of settle(table, sources)) {
    if (texts.every((text) => typeof text === 'string')) continue
    const plain: string[] = []
    for (const [index, text] of texts.entries()) {
      const name = source.nameOf(key, index)
      const found = typeof text === 'string' ? text : await secretOf(text, name, io, warn, patienceMs)
      if (typeof text !== 'string' && 'env' in text && isCredential(table[key]!, found)) variables.push(text.env)
      plain.push(found)
    }
    fetched.set(source, (fetched.get(source) ?? new Map(source.texts)).set(key, plain))
  }
  return sources.map((source) => (fetched.has(source) ? { ...source, texts: fetched.get(source)!, variables } : source))
}

async function secretOf(
  reference: SecretReference,
  name: string,
  io: Pick<Io, 'env' | 'signal'>,
  warn: (text: string) => void,
  patienceMs: number,
): Promise<string> {
  if ('command' in reference) return await firstLineOfProgram(reference.command, name, io, patienceMs)
  if ('file' in reference) return firstLineOfFile(reference.file, name, warn)
  const text = io.env[reference.env]
  if (text === undefined || text === '') throw new UsageError(`${name}: ${reference.env} is not in the environment`)
  return text
}

function firstLineOfFile(path: string, name: string, warn: (text: string) => void): string {
  let reason = 'no such file'
  try {
    const file = readSettings(path)
    if (file !== undefined) {
      if (file.isShared) warn(`${name}: other users can read ${path} (chmod 600)`)
      return firstLine(file.text, `${name}: ${path}`)
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    reason = reasonOf(error)
  }
  throw new UsageError(`${name}: ${path}: ${reason}`)
}

/** Without a shell. Its standard input is empty: ours may be the data to publish. */
async function firstLineOfProgram(
  [program, ...args]: readonly string[],
  name: string,
  { env, signal }: Pick<Io, 'env' | 'signal'>,
  patienceMs: number,
): Promise<string> {
  const options = { env, signal, timeout: patienceMs, windowsHide: true }
  const output = await new Promise<string>((resolve, reject) => {
    const child = execFile(program!, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else if (signal.aborted) reject(signal.reason)
      else reject(new UsageError(`${name}: ${failure(program!, error, stderr, patienceMs)}`, { cause: error }))
    })
    child.stdin?.end()
  })
  return firstLine(output, `${name}: ${program}`)
}

function failure(program: string, error: Error, stderr: string, patienceMs: number): string {
  const { code, killed, signal } = error as Error & { code?: unknown; killed?: boolean; signal?: string | null }
  if (code === 'ENOENT') return `there is no program ${program}`
  if (killed && typeof code !== 'string') return `${program} did not end within ${patienceMs / 1000} s`
  const [said] = stderr.trim().split('\n', 1)
  const how =
    typeof code === 'number' ? `ended with exit status ${code}` : signal ? `ended by ${signal}` : error.message
  return `${program} ${how}${said ? `: ${said}` : ''}`
}

function firstLine(text: string, what: string): string {
  const line = text.split('\n', 1)[0]!.replace(/\r$/, '')
  if (line === '') throw new UsageError(`${what} has nothing on its first line`)
  if (line.includes('\uFFFD')) throw new UsageError(`${what}: the first line is not UTF-8`)
  return line
}
