import { TensorFlowSetupError } from './errors.ts';

/** What decides whether TensorFlow's Linux wheels run here. */
export interface Platform {
  /** As `process.platform`. */
  readonly system: string;
  /** As `process.arch`. */
  readonly arch: string;
  /** glibc's version, or undefined where the C library is another (musl on Alpine). */
  readonly glibc: string | undefined;
}

/** The machine that this process runs on. */
export function currentPlatform(): Platform {
  // Without this, making a report looks up the names of open connections. (Not yet among the types of Node 20.)
  const report = process.report as typeof process.report & { excludeNetwork?: boolean };
  const before = report.excludeNetwork ?? false;
  report.excludeNetwork = true;
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  report.excludeNetwork = before;
  return { system: process.platform, arch: process.arch, glibc: header?.glibcVersionRuntime };
}

/** Throws `unsupported-platform` unless the pinned wheels (manylinux_2_27, x86-64) run there. */
export function assertSupported({ system, arch, glibc }: Platform): void {
  const refuse = (what: string): never => {
    throw new TensorFlowSetupError(
      'unsupported-platform',
      `${what}; this set-up uses TensorFlow's Linux wheels, which need x86-64 and glibc 2.27 or newer: use such a machine or container`,
    );
  };
  if (system !== 'linux' || arch !== 'x64') refuse(`this machine is ${system} on ${arch}`);
  if (glibc === undefined) refuse('the C library here is not glibc (Alpine has musl)');
  const [major = 0, minor = 0] = glibc!.split('.').map(Number);
  if (major < 2 || (major === 2 && minor < 27)) refuse(`glibc here is ${glibc}`);
}
