/** This build's version, as in `bunny --version`, `bunny_build_info` and the probes' User-Agent. */
export const VERSION = "0.1.0";
