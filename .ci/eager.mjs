// Marks the functions of dist/ that a `pub` calls, for the first run, which finds no code in a cache: V8 compiles a
// function in parentheses together with what is around it. Others it looks through first, and reads again when they are
// called.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'acorn'

const program = fileURLToPath(new URL('../bin/tmqtt.js', import.meta.url))

/** What bin/tmqtt.js puts behind the code of a piece. */
const TAIL = '\n})'

/** @param folder of the pieces that bin/tmqtt.js loads, none of them marked. */
export async function markCalled(folder) {
  const coverage = mkdtempSync(join(tmpdir(), 'tmqtt-build-'))
  try {
    await publish(coverage)
    for (const { url, functions } of scriptsIn(coverage)) {
      if (!url.endsWith('.cjs')) continue
      const file = join(folder, basename(url))
      const code = readFileSync(file, 'latin1')
      const [{ ranges }] = functions
      const head = ranges[0].endOffset - TAIL.length - code.length
      const called = functions.filter(({ ranges: [{ count }] }) => count > 0)
      const places = new Set(called.map(({ ranges: [{ startOffset }] }) => startOffset - head))
      writeFileSync(file, eager(code, places), 'latin1')
    }
  } finally {
    rmSync(coverage, { recursive: true })
  }
}

/** Publishes a message to a broker that says yes to everything. */
async function publish(coverage) {
  const server = createServer((socket) => {
    socket.once('data', () => socket.write(Buffer.of(0x20, 2, 0, 0)))
    socket.resume()
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const words = ['pub', '-h', '127.0.0.1', '-p', String(server.address().port), '-t', 'x', '-m', 'y']
  const { SystemRoot = '' } = process.env
  const env = { SystemRoot, HOME: coverage, NODE_DISABLE_COMPILE_CACHE: '1', NODE_V8_COVERAGE: coverage }
  const [status] = await once(
    spawn(process.execPath, [program, ...words], { env, stdio: ['ignore', 'inherit', 'inherit'] }),
    'exit',
  )
  server.close()
  if (status !== 0) throw new Error(`the program that was built fails: tmqtt ${words.join(' ')}`)
}

function scriptsIn(coverage) {
  const [file] = readdirSync(coverage).filter((name) => name.endsWith('.json'))
  return JSON.parse(readFileSync(join(coverage, file), 'utf8')).result
}

/**
 * Puts functions in parentheses; for that, declarations become variables, where the function around them begins, and
 * arrow functions become others, unless that would change what they do.
 *
 * @param places where the functions begin. Methods among them stay as they are: there is no such mark for them.
 */
export function eager(code, places) {
  return written(parse(code, { ecmaVersion: 'latest', preserveParens: true }))

  /** @param declared takes the marked declarations, where they stand for all of the function around. */
  function written(node, parent, declared) {
    if (!places.has(node.start)) return within(node, parent)
    if (isPlainArrow(node)) return ofArrow(node)
    const text = within(node, parent)
    if (node.type === 'FunctionDeclaration' && declared !== undefined) {
      const { name, start, end } = node.id
      declared.push(`var ${name}=(${text.slice(0, start - node.start)}${text.slice(end - node.start)});`)
      return ''
    }
    return node.type === 'FunctionExpression' && isMarkable(parent) ? `(${text})` : text
  }

  function ofArrow(node) {
    const { async: isAsync, params, body } = node
    const block = body.type === 'BlockStatement' ? written(body, node) : `{return ${written(body, node)}}`
    return `(${isAsync ? 'async ' : ''}function(${params.map((each) => written(each, node))})${block})`
  }

  /** An arrow function that has nothing from around it that another function has of its own. */
  function isPlainArrow({ type, start, end }) {
    return type === 'ArrowFunctionExpression' && !/\b(this|arguments|super|target)\b/.test(code.slice(start, end))
  }

  function within(node, parent) {
    const declared = node.type === 'Program' || isBody(node, parent) ? [] : undefined
    const parts = []
    let directives = 1
    let at = node.start
    for (const child of childrenOf(node)) {
      parts.push(code.slice(at, child.start), written(child, node, declared))
      at = child.end
      if (child.directive !== undefined) directives = parts.length
    }
    if (declared?.length > 0) parts.splice(directives, 0, ...declared)
    return parts.join('') + code.slice(at, node.end)
  }
}

/** In the order of the code. What stands for two, as in `{ name }`, is there once. */
function childrenOf(node) {
  const children = Object.values(node)
    .flat()
    .filter((value) => typeof value?.type === 'string')
    .sort((one, other) => one.start - other.start)
  return children.filter(({ start }, at) => at === 0 || start >= children[at - 1].end)
}

function isBody({ type }, parent) {
  return type === 'BlockStatement' && /Function/.test(parent.type)
}

/** Of a function expression: it is no method, and has no mark yet. */
function isMarkable({ type, method, kind }) {
  return (
    type !== 'MethodDefinition' && type !== 'ParenthesizedExpression' && !method && kind !== 'get' && kind !== 'set'
  )
}
