import { UsageError } from '../errors.ts'
import type { Configuration, Profile } from './configuration-file.ts'
import type { OptionTable } from './option.ts'
import { type ProfileContext, profileSource } from './profile.ts'
import { brokenRules, settle, sift } from './resolve.ts'
import { isCredential } from './secret.ts'
import { namesOf } from './words.ts'

/** Everything wrong with a profile by itself, whichever command uses it. */
export function profileProblems(profile: Profile, context: ProfileContext): string[] {
  const problems = new Set<string>()
  let right: Profile = { ...profile, entries: [] }
  for (const entry of profile.entries) {
    const longer = { ...profile, entries: [...right.entries, entry] }
    const problem = entryProblem({ ...profile, entries: [entry] }, context) ?? sourceProblem(longer, context)
    if (problem === undefined) right = longer
    else problems.add(problem)
  }
  for (const table of context.tables) {
    const { fit } = sift(table, profileSource(right, table, context))
    for (const problem of brokenRules(table, settle(table, [fit]))) problems.add(problem)
  }
  return [...problems]
}

/** What is wrong with a profile of one entry, unless some command can take it. */
function entryProblem(profile: Profile, context: ProfileContext): string | undefined {
  let problem: string | undefined
  for (const table of context.tables) {
    try {
      const source = profileSource(profile, table, context)
      const [refused] = sift(table, source).refused.values()
      if (source.texts.size > 0 && refused === undefined) return undefined
      problem ??= refused?.message
    } catch (error) {
      problem ??= messageOf(error)
    }
  }
  return problem
}

/** What keeps entries that are right one by one from going together. */
function sourceProblem(profile: Profile, context: ProfileContext): string | undefined {
  try {
    for (const table of context.tables) profileSource(profile, table, context)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

function messageOf(error: unknown): string {
  if (error instanceof UsageError) return error.message
  throw error
}

/** Where a configuration file holds a secret itself, as in `profile prod: "password"`. */
export function literalSecret({ profiles }: Configuration, tables: readonly OptionTable[]): string | undefined {
  const names = tables.map((table) => ({ table, keys: namesOf(table) }))
  for (const { name, entries } of profiles) {
    const found = entries.find(([word, json]) =>
      names.some(({ table, keys }) => {
        const option = table[keys.get(`--${word}`) ?? '']
        return (
          option !== undefined && [json].flat().some((text) => typeof text === 'string' && isCredential(option, text))
        )
      }),
    )
    if (found !== undefined) return `profile ${name}: "${found[0]}"`
  }
  return undefined
}
