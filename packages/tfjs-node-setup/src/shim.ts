/** For `node --import @memtrain/tfjs-node-setup/shim program.js`: a program that imports `@tensorflow/tfjs-node` itself, on Node 23 or newer. */
import { patchUtil } from './patch-util.ts';

patchUtil();
