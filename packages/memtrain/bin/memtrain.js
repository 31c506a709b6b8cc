#!/usr/bin/env node
// Not the index: that loads every part, and this only what the command needs.
import { main } from '../dist/main.js';

process.exitCode = await main(process.argv.slice(2));
