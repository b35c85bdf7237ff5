import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { eager } from '../.ci/eager.mjs'

/** With a mark at each function of the code. */
function marked(code: string): string {
  const functions = code.matchAll(/(async )?(function|(\([^()]*\)|\b\w) =>)/g)
  return eager(code, new Set(Array.from(functions, ({ index }) => index)))
}

describe('functions to compile with what is around them', () => {
  it.each([
    ['a declaration', 'f(); function f() {}', 'var f=(function () {});f(); '],
    ['behind directives', '"use strict"; f(); function f() {}', '"use strict";var f=(function () {}); f(); '],
    ['in a function', '(function () { f(); function f() {} })', '(function () { var f=(function () {});f();  })'],
    ['one in another', 'function f() { function g() {} }', 'var f=(function () { var g=(function () {}); });'],
    ['async', 'async function f() {}', 'var f=(async function () {});'],
    ['an expression', 'x = function f() {}', 'x = (function f() {})'],
    ['an arrow function', 'x = a => b => a + b', 'x = (function(a){return (function(b){return a + b})})'],
    ['an object that one returns', 'x = () => ({ a })', 'x = (function(){return ({ a })})'],
    ['its block', 'x = async ({ a }, ...b) => { return a }', 'x = (async function({ a },...b){ return a })'],
    ['an argument', 'f(function () {})', 'f((function () {}))'],
  ])('are put in parentheses: %s', (_what, code, expected) => {
    expect(marked(code)).toBe(expected)
  })

  it.each([
    ['marked already', 'x = (function () {})'],
    ['a declaration in a block, which is there only in it', '{ function f() {} }'],
    ['an arrow function with what is around it', 'x = () => { y(() => this, () => arguments) }'],
    ['a call in a constructor', 'class C { constructor() { x = () => new.target } }'],
  ])('are left as they are: %s', (_what, code) => {
    expect(marked(code)).toBe(code)
  })

  it('are left as they are: methods', () => {
    const code = 'x = { f, f() {}, get g() {} }; class C { f() {} }'
    const places = [...code.matchAll(/\(\)/g)].map(({ index }) => index)
    expect(eager(code, new Set(places))).toBe(code)
  })

  it('keep their names, for the traces of errors', () => {
    const code = 'f(); function f() { g(); function g() { throw new Error() } }'
    const trace = (script: string) => {
      try {
        runInNewContext(script)
      } catch (error) {
        return [...(error as Error).stack!.matchAll(/at (\w) /g)].map(([, name]) => name)
      }
      return undefined
    }
    expect(trace(marked(code))).toEqual(['g', 'f'])
    expect(trace(code)).toEqual(['g', 'f'])
  })
})
