import type { Option } from './option.ts'

/** In a URL, the password behind the user name. */
const PASSWORD = /^([^/]*:\/\/[^/:]*):[^/]*@/

/** The text of an option as it may be shown: secrets are `***`, and of a URL just the password is. */
export function masked(option: Option, text: string): string {
  if (!option.secret) return text
  return option.kind.placeholder === 'URL' && isValid(option, text) ? text.replace(PASSWORD, '$1:***@') : '***'
}

function isValid(option: Option, text: string): boolean {
  try {
    option.kind.parse(text)
    return true
  } catch {
    return false
  }
}

/** Whether who reads this text can act as the user. A will is masked, but opens no door. */
export function isCredential(option: Option, text: string): boolean {
  return option.group !== 'Will' && masked(option, text) !== text
}
