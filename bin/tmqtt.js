#!/usr/bin/env node
import '../dist/tmqtt.cjs'
