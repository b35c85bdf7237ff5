import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/global-setup.ts',
    // As Node does it: the default import of a CommonJS package is its module.exports.
    deps: { interopDefault: false },
    // The style sheets of the bench's page are imported as text, which would be empty.
    css: true,
    // Most tests wait for other processes.
    maxWorkers: 3,
    // Those that run beside each other in one file wait for most of their time.
    maxConcurrency: 10,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
