import type { ASTNode, Environment } from '@marcbachmann/cel-js'
import { UsageError } from '../errors.ts'
import { compileRegex, type Matcher } from './regex.ts'

/** What an expression can name. `payload` may throw: then the expression is not met. */
export interface Variables {
  readonly topic: string
  readonly levels: readonly string[]
  /** Of JSON, if that is what it is, else a text. */
  readonly payload: unknown
  readonly text: string
  readonly size: bigint
  readonly qos: bigint
  readonly retain: boolean
  readonly properties: Readonly<Record<string, unknown>>
}

const TYPES: Readonly<Record<keyof Variables, string>> = {
  topic: 'string',
  levels: 'list<string>',
  payload: 'dyn',
  text: 'string',
  size: 'int',
  qos: 'int',
  retain: 'bool',
  properties: 'map<string, dyn>',
}

/** @returns undefined when the expression is met; '' when it is false; else why it is neither. */
export type Expression = (variables: Variables) => string | undefined

/** What is longer, or nested deeper, is no condition that somebody has written. */
const LIMITS = { maxAstNodes: 10_000, maxDepth: 100 }

/**
 * Compiles an expression of CEL (https://cel.dev). The package is loaded only here.
 *
 * @param name the option as typed, for the message.
 * @throws UsageError for what is no expression, names something unknown, or can't be true or false.
 */
export async function compileExpression(text: string, name: string): Promise<Expression> {
  const { Environment } = await import('@marcbachmann/cel-js')
  const matchers = new Map<string, Matcher>()
  const environment = declare(new Environment({ homogeneousAggregateLiterals: false, limits: LIMITS }), matchers)
  let evaluate: ReturnType<Environment['parse']>
  try {
    evaluate = environment.parse(text)
  } catch (error) {
    throw refusal(text, name, error)
  }
  for (const pattern of takePatterns(evaluate.ast, text, name)) matchers.set(pattern, await compileRegex(pattern, name))
  const { type, error } = evaluate.check()
  if (error !== undefined) throw refusal(text, name, error)
  if (type !== 'bool' && type !== 'dyn') throw new UsageError(`${name}: '${text}' is a ${type}, not true or false`)
  return (variables) => {
    let value: unknown
    try {
      value = evaluate(variables as never)
    } catch (error) {
      // The message lacks what was asked for, or has it of another type. Nested too deep, it also ends here.
      return summary(error)
    }
    if (value === true) return undefined
    return value === false ? '' : 'neither true nor false'
  }
}

function declare(environment: Environment, matchers: ReadonlyMap<string, Matcher>): Environment {
  for (const [name, type] of Object.entries(TYPES)) environment.registerVariable(name, type)
  environment.registerFunction(`string.${MATCHES}(string): bool`, (text: string, pattern: string) =>
    matchers.get(pattern)!(text),
  )
  // In JSON all numbers are of one kind, doubles for CEL: `payload.n + 1` is to work as `payload.n > 1` does.
  for (const [operator, calculate] of Object.entries(ARITHMETIC)) {
    const mixed = (left: number | bigint, right: number | bigint) => calculate(Number(left), Number(right))
    environment.registerOperator(`double ${operator} int: double`, mixed)
    environment.registerOperator(`int ${operator} double: double`, mixed)
  }
  environment.registerOperator('double % double: double', ARITHMETIC['%'])
  // The package takes it the other way round too.
  return environment.registerOperator('double == int', (left: number, right: bigint) => left === Number(right))
}

const ARITHMETIC = {
  '+': (left: number, right: number) => left + right,
  '-': (left: number, right: number) => left - right,
  '*': (left: number, right: number) => left * right,
  '/': (left: number, right: number) => left / right,
  '%': (left: number, right: number) => left % right,
}

/** What stands in for `matches` of the package, which backtracks. */
const MATCHES = 'matchesInLinearTime'

/** Has `matches` go to ours. @returns the patterns. */
function takePatterns(node: unknown, text: string, name: string): string[] {
  if (Array.isArray(node)) return node.flatMap((each) => takePatterns(each, text, name))
  if (typeof node !== 'object' || node === null || !('op' in node)) return []
  const { op, args } = node as ASTNode
  const found = takePatterns(args, text, name)
  if (op !== 'rcall' || args[0] !== 'matches') return found
  args[0] = MATCHES
  const [pattern] = args[2]
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') {
    throw new UsageError(`${name}: '${text}': matches() takes its pattern in quotes`)
  }
  return [...found, pattern.args]
}

function refusal(text: string, name: string, error: unknown): UsageError {
  const { range } = error as { readonly range?: { readonly start: number } }
  const place = range === undefined ? '' : `, at character ${range.start + 1}`
  return new UsageError(`${name}: '${text}' is no expression${place}: ${summary(error)}`, { cause: error })
}

/** Without the text around the place, which takes several lines. */
function summary(error: unknown): string {
  const { summary: short, message } = error as { readonly summary?: string; readonly message: string }
  return lowerFirst((short ?? message).replaceAll(MATCHES, 'matches'))
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
