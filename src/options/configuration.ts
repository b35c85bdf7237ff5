import { file, textOf } from './kinds.ts'
import { type Kind, table } from './option.ts'

/** Stands for no profile at all. */
export const NO_PROFILE = 'none'

export const profileName: Kind<string> = { ...textOf('NAME', 'the name of a profile'), isProfile: true }

/** Where a command that connects takes further options from. */
export const configurationOptions = table({
  profile: {
    kind: profileName,
    group: 'Configuration',
    describe: `Take options from this profile of the configuration file; '${NO_PROFILE}' for no profile`,
    defaultText: 'the one that the file names',
  },
  config: {
    kind: file,
    group: 'Configuration',
    describe: 'Configuration file with profiles',
    defaultText: '~/.config/tmqtt/config.json',
  },
})

/** For the commands that stand in for one of mosquitto's clients. */
export const mosquittoFileOptions = table({
  optionsFile: {
    kind: file,
    short: 'o',
    group: 'Configuration',
    describe: "Read options from this file, an option a line, in place of the one that mosquitto's client reads",
  },
})
