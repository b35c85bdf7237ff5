#!/usr/bin/env node
import { createRequire } from 'node:module'

// Not `import`: Node would look for the exports of the bundle first, 60 ms for nothing.
createRequire(import.meta.url)('../dist/tmqtt.cjs')
