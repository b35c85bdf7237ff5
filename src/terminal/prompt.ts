import { openSync } from 'node:fs'
import tty from 'node:tty'
import { ExitCode, InterruptedError, UsageError } from '../errors.ts'

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const CTRL_U = '\u0015'

/**
 * Asks on the terminal for a text that is not shown. Standard input may be a pipe at the same time.
 *
 * @param otherwise how to give it where there is no terminal.
 * @throws UsageError when there is no terminal; InterruptedError for Ctrl-C; the reason of the signal.
 */
export async function askSecret(question: string, otherwise: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const terminal = openTerminal(`for the password on; use ${otherwise}`)
  const stop = () => terminal.input.destroy()
  signal.addEventListener('abort', stop)
  // No echo before the user can type.
  terminal.input.setRawMode(true)
  terminal.output.write(question)
  try {
    return await readSecret(terminal.input)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    if (!terminal.input.destroyed) terminal.input.setRawMode(false)
    terminal.output.write('\n')
    terminal.input.destroy()
    terminal.output.destroy()
  }
}

/**
 * Asks a question on the terminal that `y` or `yes` agrees to; anything else does not.
 *
 * @throws UsageError when there is no terminal; the reason of the signal.
 */
export async function askConsent(question: string, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted()
  const terminal = openTerminal('on; use --yes')
  const stop = () => terminal.input.destroy()
  signal.addEventListener('abort', stop)
  terminal.output.write(`${question} [y/N] `)
  try {
    terminal.input.setEncoding('utf8')
    // The terminal itself hands out whole lines.
    for await (const line of terminal.input) return /^y(es)?$/i.test((line as string).trim())
    signal.throwIfAborted()
    return false
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    terminal.input.destroy()
    terminal.output.destroy()
  }
}

/** @param purpose what it is for, and what to do where there is none. */
function openTerminal(purpose: string): { input: tty.ReadStream; output: tty.WriteStream } {
  try {
    return {
      input: new tty.ReadStream(openSync('/dev/tty', 'r')),
      output: new tty.WriteStream(openSync('/dev/tty', 'w')),
    }
  } catch (error) {
    throw new UsageError(`there is no terminal to ask ${purpose}`, {
      cause: error,
    })
  }
}

/** Reads up to the end of the line, with the keys that a terminal has for mending it. */
async function readSecret(input: tty.ReadStream): Promise<string> {
  let secret = ''
  input.setEncoding('utf8')
  for await (const keys of input) {
    for (const key of keys as string) {
      if (key === '\r' || key === '\n' || key === CTRL_D) return secret
      if (key === CTRL_C) throw new InterruptedError('interrupted', ExitCode.sigint)
      if (key === '\u007f' || key === '\b') secret = [...secret].slice(0, -1).join('')
      else if (key === CTRL_U) secret = ''
      else secret += key
    }
  }
  return secret
}
