// Debian 12's node 18 has these two, but not among its globals, where Replicate's client and its users look for them.
import { File } from 'node:buffer';
import { webcrypto } from 'node:crypto';

globalThis.File ??= File;
globalThis.crypto ??= webcrypto;
