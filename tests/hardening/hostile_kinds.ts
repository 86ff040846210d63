import { FLAG } from "../../src/probes/http2/frame.ts";
import type { Reason } from "../../src/model/probe_result.ts";
import { GRPC_RUBBISH } from "../probes/grpc_rubbish.ts";
import { H2C_RUBBISH } from "../probes/h2c_rubbish.ts";
import { answers, HTTP_ANSWERS } from "../probes/http_answers.ts";
import { HTTP_HOSTILITY } from "../probes/http_hostility.ts";
import { bytes, data, headers, says, SETTINGS } from "../probes/http2_script.ts";
import type { Script } from "../support/tcp_peer.ts";
import { HOSTILE_EXEC } from "./hostile_exec.ts";
import { HOSTILE_TCP, PONG } from "./hostile_tcp.ts";
import { HOSTILE_TLS } from "./hostile_tls.ts";

/** What a probe speaks, and a port of the hostile target for each. */
export const KINDS = ["http", "h2c", "grpc", "tcp", "https", "grpcs", "tcps"] as const;
export type Kind = typeof KINDS[number];

/** Which kind speaks over TLS what. */
export const SECURE: Readonly<Partial<Record<Kind, Kind>>> = { https: "http", grpcs: "grpc", tcps: "tcp" };

/** What a target in order says. */
export const FRIENDLY: Readonly<Record<"http" | "h2c" | "grpc" | "tcp", Script>> = {
  http: answers("HTTP/1.1 200 OK\r\nX-Ready: yes\r\nContent-Length: 6\r\n\r\nready\n"),
  h2c: says(
    SETTINGS,
    headers([[":status", "200"], ["x-ready", "yes"]]),
    data(new TextEncoder().encode("ready"), FLAG.endStream),
  ),
  grpc: says(
    SETTINGS,
    headers([[":status", "200"], ["content-type", "application/grpc"]]),
    data(bytes(0, 0, 0, 0, 2, 8, 1)),
    headers([["grpc-status", "0"]], FLAG.endHeaders | FLAG.endStream),
  ),
  tcp: PONG,
};

/** One thing that targets do, to all the kinds that it concerns. */
export interface Behaviour {
  readonly stage: Stage;
  readonly name: string;
  readonly want: "pass" | Reason;
}

export type Stage = "http" | "h2c" | "grpc" | "tcp" | "tls" | "exec";

/** Whom a stage is played to. */
export const AUDIENCE: Readonly<Record<Stage, readonly (Kind | "exec")[]>> = {
  http: ["http", "https"],
  h2c: ["h2c"],
  grpc: ["grpc", "grpcs"],
  tcp: ["tcp", "tcps"],
  tls: ["https", "grpcs", "tcps"],
  exec: ["exec"],
};

/** Answers that need no expectations of their own to be what they are. */
export const SCRIPTS: Readonly<
  Record<"http" | "h2c" | "grpc" | "tcp", readonly { readonly name: string; readonly script: Script }[]>
> = {
  http: [...HTTP_HOSTILITY, ...HTTP_ANSWERS],
  h2c: H2C_RUBBISH,
  grpc: GRPC_RUBBISH,
  tcp: HOSTILE_TCP,
};

export const BEHAVIOURS: readonly Behaviour[] = [
  ...HTTP_HOSTILITY.filter(({ action }) => !action).map(({ name, want }) => of("http", name, want)),
  ...HTTP_ANSWERS.filter(({ action }) => !action).map(({ name, want }) => of("http", name, want)),
  ...H2C_RUBBISH.map(({ name, want }) => of("h2c", name, want)),
  ...GRPC_RUBBISH.map(({ name, want }) => of("grpc", name, want)),
  ...HOSTILE_TCP.map(({ name, want }) => of("tcp", name, want)),
  ...HOSTILE_TLS.map(({ name, want }) => of("tls", name, want)),
  ...HOSTILE_EXEC.map(({ name, want }) => of("exec", name, want)),
];

function of(stage: Stage, name: string, want: "pass" | Reason): Behaviour {
  return { stage, name, want };
}
