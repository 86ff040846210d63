import { fileURLToPath } from "node:url";

const FOLDER = new URL("../fixtures/tls/", import.meta.url);

/** Certificates for a server, by what a client that trusts `authority.pem` makes of them. */
export type ServerCertificate =
  /** For localhost, 127.0.0.1 and ::1; valid from 2020 through 2099. */
  | "server"
  /** As `server`, but it ran out on 1 January 2021. */
  | "expired"
  /** As `server`, but valid from 2098 on. */
  | "not_yet_valid"
  /** For elsewhere.test only. */
  | "wrong_name"
  /** As `server`, but signed by an authority nobody trusts. */
  | "untrusted";

/** Unix seconds at which certificate `server` runs out: 2099-12-31T23:59:59Z. */
export const SERVER_CERTIFICATE_EXPIRY_SECONDS = 4_102_444_799;

export interface CertificateAndKey {
  /** PEM certificate. */
  cert: string;
  /** PEM private key (PKCS #8). */
  key: string;
}

/** A server's certificate with its key, for `tcpPeer`, `httpPeer` and `grpcHealthPeer`. */
export function serverCertificate(name: ServerCertificate = "server"): CertificateAndKey {
  return { cert: read(`${name}.pem`), key: read("leaf.key") };
}

/** A client's certificate with its key, signed by the same authority. */
export function clientCertificate(): CertificateAndKey {
  return { cert: read("client.pem"), key: read("leaf.key") };
}

/** The authority's PEM certificate: what a client has to trust. */
export function authorityCertificate(): string {
  return read("authority.pem");
}

/** Path of a file among the fixtures, for configurations that name one. */
export function tlsFixturePath(
  file: `${ServerCertificate}.pem` | "authority.pem" | "client.pem" | "leaf.key",
): string {
  return fileURLToPath(new URL(file, FOLDER));
}

function read(file: string): string {
  return Deno.readTextFileSync(new URL(file, FOLDER));
}
