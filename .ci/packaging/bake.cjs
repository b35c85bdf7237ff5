// node bake.cjs MAIN PLATFORM ARCH OUTPUT ASSETS OPTIONS: makes an executable of the Node that runs it, or of the same version
// for another platform. pkg has this function beneath its command line, which cannot hand on assets.
const { default: sea } = require('@yao-pkg/pkg/lib-es5/sea.js')

const [, , main, platform, arch, output, assets, options] = process.argv
const targets = [{ nodeRange: `node${process.versions.node}`, platform, arch, output }]
sea(main, { targets, signature: true, seaConfig: { assets: JSON.parse(assets), execArgvExtension: options } })
