import type { Fault } from './faults.ts'

/** A filter, and the group it is shared in [MQTT 5, 4.8.2]. */
export function splitShare(filter: string): { plain: string; shared: boolean } {
  const [, plain] = /^\$share\/[^/+#]+\/(.+)$/s.exec(filter) ?? []
  return { plain: plain ?? filter, shared: plain !== undefined }
}

/** [MQTT 5, 4.7.1, 4.8.2] */
export function isValidFilter(filter: string): boolean {
  const { plain, shared } = splitShare(filter)
  if (plain === '' || (!shared && /^\$share(\/|$)/.test(filter))) return false
  return /^([^+#/]*|\+)(\/([^+#/]*|\+))*(\/#)?$/s.test(plain) || plain === '#'
}

/** Whether a filter without share matches a topic [MQTT 5, 4.7], with the fault if it is one of filters. */
export function matches(filter: string, topic: string, fault?: Fault): boolean {
  const wildcardFirst = /^[+#]/.test(filter)
  if (topic.startsWith('$') && wildcardFirst && !(fault === '# matches $SYS' && filter.startsWith('#'))) return false
  return levelsMatch(filter.split('/'), topic.split('/'), fault)
}

function levelsMatch([first, ...rest]: readonly string[], levels: readonly string[], fault?: Fault): boolean {
  if (first === undefined) return levels.length === 0
  if (first === '#') return levels.length > 0 || fault !== 'hash misses parent'
  const [level, ...others] = levels
  if (level === undefined) return false
  if (first !== '+') return first === level && levelsMatch(rest, others, fault)
  if (fault === 'plus misses empty level' && level === '') return false
  if (levelsMatch(rest, others, fault)) return true
  return fault === 'delivers to the wrong filter' && others.length > 0 && levelsMatch(['+', ...rest], others, fault)
}
